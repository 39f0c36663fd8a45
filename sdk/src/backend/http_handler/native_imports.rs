//! The host's functions over the exchange model: natively, calls go to the exchange that a test has open
//! on this thread.

use http_wasm_abi::Function;

/// An argument as the model takes it: zero-extended to 64 bits.
trait Argument {
    fn into_bits(self) -> u64;
}

impl Argument for u32 {
    fn into_bits(self) -> u64 {
        self.into()
    }
}

impl Argument for i32 {
    fn into_bits(self) -> u64 {
        (self as u32).into()
    }
}

impl Argument for *const u8 {
    fn into_bits(self) -> u64 {
        self.expose_provenance() as u64
    }
}

impl Argument for *mut u8 {
    fn into_bits(self) -> u64 {
        self.expose_provenance() as u64
    }
}

macro_rules! simulate {
    (module $module:literal; $(
        $(#[doc = $doc:literal])+
        $variant:ident $name:ident($($param:ident: $ty:ty),*) $(-> $result:ty)? { $($rules:tt)* }
    )+) => {
        $(
            /// # Safety
            /// Each pointer has to be good for the length beside it.
            pub(super) unsafe fn $name($($param: $ty),*) $(-> $result)? {
                let _result = call(Function::$variant, &[$(Argument::into_bits($param)),*]);
                $(_result as $result)?
            }
        )+
    };
}

http_wasm_abi::functions!(simulate);

#[cfg(feature = "testing")]
fn call(function: Function, args: &[u64]) -> u64 {
    super::simulation::call(function, args)
}

#[cfg(not(feature = "testing"))]
fn call(function: Function, _args: &[u64]) -> u64 {
    panic!(
        "`{function}` needs a host: outside WebAssembly it is simulated, for which the filter's \
         [dev-dependencies] must have http-wasm-sdk with the feature `testing`"
    )
}
