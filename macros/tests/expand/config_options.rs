#[derive(Config)]
#[config(ignore_unknown)]
struct Settings {
    #[config(default)]
    tags: Vec<String>,
    #[config(default = "hello")]
    greeting: String,
    #[config(default = 10 * KIB, rename = "max-bytes")]
    limit: u32,
    #[config(rename = "type")]
    kind: Kind,
}
