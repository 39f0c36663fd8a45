#[automatically_derived]
impl ::http_wasm_sdk::config::FromConfig for Settings {
    fn from_config(
        value: &mut ::http_wasm_sdk::config::Value<'_>,
    ) -> ::core::result::Result<Self, ::http_wasm_sdk::config::Invalid> {
        let mut found = ::http_wasm_sdk::config::Fields::<
            [::core::option::Option<&[u8]>; 4usize],
        > {
            names: "tags, greeting, max-bytes, type",
            ignore_unknown: true,
            path: 0,
            values: [::core::option::Option::None; 4usize],
        };
        value.object(&mut found)?;
        ::core::result::Result::Ok(Self {
            tags: if value.field(&found, 0usize) {
                <Vec<String> as ::http_wasm_sdk::config::FromConfig>::from_config(value)?
            } else {
                <Vec<String> as ::core::default::Default>::default()
            },
            greeting: if value.field(&found, 1usize) {
                <String as ::http_wasm_sdk::config::FromConfig>::from_config(value)?
            } else {
                <String as ::http_wasm_sdk::config::DefaultText>::of("hello")
            },
            limit: if value.field(&found, 2usize) {
                <u32 as ::http_wasm_sdk::config::FromConfig>::from_config(value)?
            } else {
                {
                    let fallback: u32 = 10 * KIB;
                    fallback
                }
            },
            kind: {
                value.field(&found, 3usize);
                <Kind as ::http_wasm_sdk::config::FromConfig>::from_config(value)?
            },
        })
    }
}
