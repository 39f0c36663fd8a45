//! The host's functions as imports: one that is not called does not reach the module.

macro_rules! import {
    (module $module:literal; $(
        $(#[doc = $doc:literal])+
        $variant:ident $name:ident($($param:ident: $ty:ty),*) $(-> $result:ty)? { $($rules:tt)* }
    )+) => {
        #[link(wasm_import_module = $module)]
        unsafe extern "C" {
            $(pub(super) fn $name($($param: $ty),*) $(-> $result)?;)+
        }
    };
}

http_wasm_abi::functions!(import);
