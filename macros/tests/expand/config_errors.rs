#[derive(Config)]
#[config(ignore_unknown, strict)]
struct Options<'a, const N: usize> {
    #[config(default, default = 1)]
    twice: u32,
    #[config(rename = " x,")]
    name: &'a str,
    #[config(skip)]
    max_bytes: u32,
    maxBytes: u32,
}

#[derive(Config)]
struct Tuple(u32);

#[derive(Config)]
#[config(ignore_unknown)]
enum Shapes {
    #[config(default)]
    Fields(u32),
}

#[derive(Config)]
enum Never {}

#[derive(Config)]
union Bits {
    word: u32,
}
