//! Reading and writing bodies.

mod error;
mod reader;
mod request;
mod response;
mod writer;

pub use error::{BodyError, EMPTY_READS};
pub(crate) use reader::Reader;
pub use request::RequestBody;
pub use response::ResponseBody;
pub use writer::BodyWriter;
