use std::mem::MaybeUninit;

use http_wasm_sdk::ReadBuffer;

fn leave_uninitialised<S: ReadBuffer>(mut array: S) -> S {
    array.lend().fill(MaybeUninit::uninit());
    array
}

fn leave_uninitialised_with_a_key<S: ReadBuffer>(mut array: S) -> S {
    array.lend(http_wasm_sdk::buffer::SealedToken).fill(MaybeUninit::uninit());
    array
}

fn main() {
    leave_uninitialised([0; 4]);
    leave_uninitialised_with_a_key([0; 4]);
}
