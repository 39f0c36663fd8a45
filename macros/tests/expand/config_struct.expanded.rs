#[automatically_derived]
impl ::http_wasm_sdk::config::FromConfig for Settings {
    fn from_config(
        value: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        let mut found = ::http_wasm_sdk::config::Fields::<
            [::core::option::Option<&[u8]>; 3usize],
        > {
            names: "limit, type, nested",
            ignore_unknown: false,
            path: 0,
            values: [::core::option::Option::None; 3usize],
        };
        value.object(&mut found)?;
        ::core::result::Result::Ok(Self {
            limit: {
                value.field(&found, 0usize);
                <u32 as ::http_wasm_sdk::config::FromConfig>::from_config(value)?
            },
            r#type: {
                value.field(&found, 1usize);
                <Option<
                    Kind,
                > as ::http_wasm_sdk::config::FromConfig>::from_config(value)?
            },
            nested: {
                value.field(&found, 2usize);
                <Nested as ::http_wasm_sdk::config::FromConfig>::from_config(value)?
            },
        })
    }
}
#[automatically_derived]
impl ::http_wasm_sdk::config::FromConfig for Empty {
    fn from_config(
        value: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        let mut found = ::http_wasm_sdk::config::Fields::<
            [::core::option::Option<&[u8]>; 0usize],
        > {
            names: "none",
            ignore_unknown: false,
            path: 0,
            values: [::core::option::Option::None; 0usize],
        };
        value.object(&mut found)?;
        ::core::result::Result::Ok(Self {})
    }
}
