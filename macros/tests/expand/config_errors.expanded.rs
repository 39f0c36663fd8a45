impl<'a, const N: usize> ::http_wasm_sdk::config::FromConfig for Options<'a, N> {
    fn from_config(
        _: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        ::core::unimplemented!()
    }
}
::core::compile_error! {
    "a configuration type cannot be generic: write out the type"
}
::core::compile_error! {
    "unknown option of a struct; there is: `ignore_unknown`"
}
::core::compile_error! {
    "`default` is declared twice"
}
::core::compile_error! {
    "a name has letters or digits, no comma, and no blanks around it"
}
::core::compile_error! {
    "unknown option of a field; there is: `default`, `default = expression`, `rename = \"...\"`"
}
::core::compile_error! {
    "`maxBytes` and `max_bytes` are the same name in a configuration, where case, `_` and `-` do not matter"
}
impl ::http_wasm_sdk::config::FromConfig for Tuple {
    fn from_config(
        _: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        ::core::unimplemented!()
    }
}
::core::compile_error! {
    "#[derive(Config)] needs a struct with named fields, which are the keys of the configuration"
}
impl ::http_wasm_sdk::config::FromConfig for Shapes {
    fn from_config(
        _: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        ::core::unimplemented!()
    }
}
::core::compile_error! {
    "unknown option: an enum has none, its variants have `rename = \"...\"`"
}
::core::compile_error! {
    "a variant cannot have fields, since it is read by its name alone: put them into a struct beside it"
}
::core::compile_error! {
    "unknown option of a variant; there is: `rename = \"...\"`"
}
impl ::http_wasm_sdk::config::FromConfig for Never {
    fn from_config(
        _: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        ::core::unimplemented!()
    }
}
::core::compile_error! {
    "an enum without variants has no value"
}
impl ::http_wasm_sdk::config::FromConfig for Bits {
    fn from_config(
        _: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        ::core::unimplemented!()
    }
}
::core::compile_error! {
    "#[derive(Config)] goes on a struct or an enum"
}
