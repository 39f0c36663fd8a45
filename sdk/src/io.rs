//! `core::fmt::Write` for bodies, and the traits of `embedded_io` with the feature `embedded-io`.

use core::fmt;

use crate::response::ReplyBody;

impl fmt::Write for ReplyBody<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text);
        Ok(())
    }
}

#[cfg(feature = "embedded-io")]
mod embedded {
    use core::convert::Infallible;

    use embedded_io::{Error, ErrorKind, ErrorType, Read, Write};

    use crate::body::{BodyError, BodyWriter, RequestBody, ResponseBody};
    use crate::response::ReplyBody;

    impl Error for BodyError {
        fn kind(&self) -> ErrorKind {
            match self {
                Self::BufferTooSmall => ErrorKind::OutOfMemory,
                Self::Stalled => ErrorKind::TimedOut,
                _ => ErrorKind::InvalidInput,
            }
        }
    }

    macro_rules! readers {
        ($($reader:ident)+) => {$(
            impl ErrorType for $reader<'_> {
                type Error = BodyError;
            }

            /// `Ok(0)` is the end of the body, or an empty buffer.
            impl Read for $reader<'_> {
                fn read(&mut self, buffer: &mut [u8]) -> Result<usize, BodyError> {
                    if buffer.is_empty() {
                        return Ok(0);
                    }
                    // A host may give nothing while more is to come; the reader counts that.
                    while let Some(bytes) = self.read(buffer) {
                        if !bytes.is_empty() {
                            return Ok(bytes.len());
                        }
                    }
                    if self.is_end() { Ok(0) } else { Err(BodyError::Stalled) }
                }
            }
        )+};
    }

    readers! { RequestBody ResponseBody }

    macro_rules! writers {
        ($($writer:ident)+) => {$(
            impl ErrorType for $writer<'_> {
                type Error = Infallible;
            }

            impl Write for $writer<'_> {
                fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
                    if !bytes.is_empty() {
                        self.write(bytes);
                    }
                    Ok(bytes.len())
                }

                fn flush(&mut self) -> Result<(), Infallible> {
                    Ok(())
                }

                // The provided one has a panic for writers that write nothing.
                fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
                    Write::write(self, bytes).map(drop)
                }
            }
        )+};
    }

    writers! { BodyWriter ReplyBody }
}
