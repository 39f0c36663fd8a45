//! What every guest without `std` has to bring along: an allocator and a panic handler.

/// The guest's allocator. It is linked only where something allocates.
#[cfg(all(
    feature = "allocator",
    not(feature = "dlmalloc"),
    target_family = "wasm",
    target_os = "none"
))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The other one.
#[cfg(all(feature = "dlmalloc", target_family = "wasm", target_os = "none"))]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic traps, as there is nothing to unwind to. The text of it would be lost in most hosts, so
/// it goes to the host's log first, where the author wants to pay for that.
#[cfg(all(feature = "panic-handler", target_family = "wasm", target_os = "none"))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(any(feature = "panic-message", debug_assertions))]
    crate::log::format(crate::log::Level::Error, format_args!("{info}"));
    #[cfg(not(any(feature = "panic-message", debug_assertions)))]
    let _ = info;
    core::arch::wasm32::unreachable()
}
