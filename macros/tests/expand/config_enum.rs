#[derive(Config, Default)]
enum Kind {
    #[default]
    Plain,
    #[config(rename = "very fancy")]
    Fancy,
}

#[derive(Config)]
enum Only {
    One,
}
