//! The exports of a guest, as `#[handler]` asks for them.

/// Exports a handler to the host. One handler per guest: a second one is a duplicate symbol.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($($rest:tt)*) => {
        const _: () = {
            $crate::__private::export_names!([$crate::__export_named] $($rest)*);
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_named {
    (
        request $request:literal; response $response:literal; start $start:literal;
        $handler:ty $(, $needs_start:ident)?
    ) => {
        // Natively nothing is exported: the testing kit calls handlers by their type. This use of it
        // keeps the compiler from taking the handler for dead code.
        #[cfg(not(target_family = "wasm"))]
        const _: fn() -> $crate::__private::Instance<$handler> = $crate::__private::Instance::new;

        #[cfg(target_family = "wasm")]
        static INSTANCE: $crate::__private::Instance<$handler> =
            $crate::__private::Instance::new();

        #[cfg(target_family = "wasm")]
        #[unsafe(export_name = $request)]
        extern "C" fn request() -> u64 {
            INSTANCE.handle_request()
        }

        #[cfg(target_family = "wasm")]
        #[unsafe(export_name = $response)]
        extern "C" fn response(ctx: u32, is_error: u32) {
            INSTANCE.handle_response(ctx, is_error != 0);
        }

        $crate::__export_start!($start $($needs_start)?);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_start {
    ($start:literal) => {};
    ($start:literal start) => {
        #[cfg(target_family = "wasm")]
        #[unsafe(export_name = $start)]
        extern "C" fn start() {
            INSTANCE.start();
        }
    };
}
