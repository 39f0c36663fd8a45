//! The calls of a guest out of bytes: mostly with arguments that mean something, for chance alone
//! never finds a header.

use arbitrary::Arbitrary;
use http_wasm_abi::{FUNCTIONS, Function};

/// What lies at the begin of the guest's memory.
pub const WORDS: [&[u8]; 40] = [
    b"x-a",
    b"x-b",
    b"X-A",
    b"host",
    b"Host",
    b"content-length",
    b"x-c",
    b"a b",
    b"\xff",
    b"",
    b"1",
    b"4",
    b"5",
    b"10",
    b"two",
    b"v\r\nw",
    b" v ",
    b"\x7f",
    b"PUT",
    b"GET",
    b"HEAD",
    b"P T",
    b"/",
    b"/n?m",
    b"/a b",
    b"/%2f[|]",
    b"/%zz",
    b"n",
    b"*",
    b"*?x",
    b"?x",
    b"http://h/p?q",
    b"http:/p",
    b"a+b:c?d",
    b"/\xff?\xfe",
    b"//h/p",
    b"h\xc3\xb6",
    b"hello",
    b":",
    b"http://h?q",
];

/// Where the words are not: room for what is read.
const ROOM: u32 = 256;
const SIZE: u32 = 1024;

pub fn word(pick: u8) -> &'static [u8] {
    WORDS[usize::from(pick) % WORDS.len()]
}

pub fn memory() -> Vec<u8> {
    let mut memory = WORDS.concat();
    assert!(memory.len() <= ROOM as usize);
    memory.resize(SIZE as usize, b'#');
    memory
}

#[derive(Arbitrary, Debug)]
pub struct Op {
    function: u8,
    kind: u8,
    one: Range,
    two: Range,
    number: u32,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Range {
    Word(u8),
    Room { at: u8, len: u8 },
    NearTheEnd { before: u8, len: u8 },
    Any { at: u32, len: u32 },
    Large { at: u32 },
}

impl Range {
    fn bounds(self, size: u32) -> [u32; 2] {
        match self {
            Self::Word(pick) => {
                let pick = usize::from(pick) % WORDS.len();
                let at: usize = WORDS[..pick].iter().map(|word| word.len()).sum();
                [at as u32, WORDS[pick].len() as u32]
            }
            Self::Room { at, len } => [ROOM + u32::from(at), len.into()],
            Self::NearTheEnd { before, len } => [size - u32::from(before % 16), (len % 20).into()],
            Self::Any { at, len } => [at, len],
            Self::Large { at } => [at % size, 600],
        }
    }
}

impl Op {
    /// The function and its arguments.
    pub fn call(&self, size: u32) -> (Function, Vec<u32>) {
        let function = FUNCTIONS[usize::from(self.function) % FUNCTIONS.len()];
        let kind = if self.kind < 250 { u32::from(self.kind) % 5 } else { self.number };
        let pick = |sensible: &[u32]| match sensible.get(usize::from(self.kind) % 16) {
            Some(&number) => number,
            None => self.number,
        };
        let mut ranges = [self.one, self.two].into_iter().flat_map(|range| range.bounds(size));
        let arguments = function.params().iter().map(|param| match param.name {
            "kind" => kind,
            "features" => pick(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 2]),
            "level" => pick(&[u32::MAX, 0, 1, 2, 3, 4]),
            "status_code" => pick(&[200, 204, 304, 404, 418, 500, 0, 99, 101, 103, 999, 1000]),
            _ => ranges.next().unwrap_or_default(),
        });
        let arguments = arguments.collect();
        (function, arguments)
    }
}
