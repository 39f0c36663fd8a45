#[automatically_derived]
impl ::http_wasm_sdk::config::FromConfig for Kind {
    fn from_config(
        value: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        ::core::result::Result::Ok(
            match value.one_of("Plain, very fancy")? {
                0usize => Self::Plain,
                _ => Self::Fancy,
            },
        )
    }
}
#[automatically_derived]
impl ::http_wasm_sdk::config::FromConfig for Only {
    fn from_config(
        value: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        ::core::result::Result::Ok(
            match value.one_of("One")? {
                _ => Self::One,
            },
        )
    }
}
