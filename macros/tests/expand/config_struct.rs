#[derive(Config)]
struct Settings {
    limit: u32,
    r#type: Option<Kind>,
    nested: Nested,
}

#[derive(Debug, Config)]
struct Empty {}
