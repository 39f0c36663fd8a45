//! What must not compile, one file per rule: each message says what to do instead.

#[test]
#[cfg_attr(miri, ignore = "starts compilers, which Miri cannot")]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
