//! The allocator and the panic handler of guests without `std`.

/// The guest's allocator. It is linked only where something allocates.
#[cfg(all(
    feature = "allocator",
    not(feature = "dlmalloc"),
    target_family = "wasm",
    target_os = "none"
))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The allocator `dlmalloc`, where its feature is on.
#[cfg(all(feature = "dlmalloc", target_family = "wasm", target_os = "none"))]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Logs the message of a panic, with the feature `panic-message` or debug assertions, and traps. Most
/// hosts would lose the message.
#[cfg(all(feature = "panic-handler", target_family = "wasm", target_os = "none"))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(any(feature = "panic-message", debug_assertions))]
    crate::log::format(crate::log::Level::Error, format_args!("{info}"));
    #[cfg(not(any(feature = "panic-message", debug_assertions)))]
    let _ = info;
    core::arch::wasm32::unreachable()
}
