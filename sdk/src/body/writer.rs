//! Writing bodies.

use core::fmt;
use core::marker::PhantomData;

use crate::backend::{self, Message};

/// Writes a body in pieces, also by [`write!`].
///
/// ```
/// use core::fmt::Write as _;
/// use http_wasm_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Words;
///
/// #[handler(buffer_response)]
/// impl Words {
///     fn request(&self, _request: &mut Request) {}
///
///     /// Replaces the body by the status.
///     fn response(&self, _: &Request, response: &mut Response<Buffered>) -> Result<(), Error> {
///         let status = response.status().as_u16();
///         let mut body = response.body_mut();
///         let mut writer = body.writer()?;
///         writer.write("the status is ");
///         // Writing does not fail.
///         let _ = write!(writer, "{status}");
///         Ok(())
///     }
/// }
/// # use http_wasm_sdk::testing::{self, Scenario};
/// # let outcome = testing::run::<Words>(&Scenario::get("/").upstream_status(404).upstream_body("no"));
/// # assert_eq!(outcome.response_text(), "the status is 404");
/// ```
#[derive(Debug)]
pub struct BodyWriter<'a> {
    message: Message,
    bodiless: bool,
    _borrow: PhantomData<&'a mut ()>,
}

impl BodyWriter<'_> {
    #[inline]
    pub(crate) const fn of(message: Message, bodiless: bool) -> Self {
        Self { message, bodiless, _borrow: PhantomData }
    }

    /// Writes a piece; nothing to a response that has no body, with status 204 or 304. ABI: `write_body`.
    #[inline]
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // Not left out, since an empty first one replaces the body that there was.
        backend::write_body(self.message, if self.bodiless { &[] } else { bytes.as_ref() });
    }
}

impl fmt::Write for BodyWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text);
        Ok(())
    }
}
