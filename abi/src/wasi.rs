//! The functions of WASI preview 1, which some hosts offer beside this ABI.
//!
//! Guests of languages that need WASI import them; hosts grant nothing behind them. They are listed
//! because a host does not load a guest with an import that it lacks.

use crate::Signature;
use crate::ValueType::{self, I32, I64};

/// The function that ends a guest; the only one without a result.
pub const EXIT: &str = "proc_exit";

/// Every function: its name, and its type as the module sees it.
pub const FUNCTIONS: [(&str, Signature); 46] = [
    ("args_get", number(&[I32, I32])),
    ("args_sizes_get", number(&[I32, I32])),
    ("clock_res_get", number(&[I32, I32])),
    ("clock_time_get", number(&[I32, I64, I32])),
    ("environ_get", number(&[I32, I32])),
    ("environ_sizes_get", number(&[I32, I32])),
    ("fd_advise", number(&[I32, I64, I64, I32])),
    ("fd_allocate", number(&[I32, I64, I64])),
    ("fd_close", number(&[I32])),
    ("fd_datasync", number(&[I32])),
    ("fd_fdstat_get", number(&[I32, I32])),
    ("fd_fdstat_set_flags", number(&[I32, I32])),
    ("fd_fdstat_set_rights", number(&[I32, I64, I64])),
    ("fd_filestat_get", number(&[I32, I32])),
    ("fd_filestat_set_size", number(&[I32, I64])),
    ("fd_filestat_set_times", number(&[I32, I64, I64, I32])),
    ("fd_pread", number(&[I32, I32, I32, I64, I32])),
    ("fd_prestat_dir_name", number(&[I32, I32, I32])),
    ("fd_prestat_get", number(&[I32, I32])),
    ("fd_pwrite", number(&[I32, I32, I32, I64, I32])),
    ("fd_read", number(&[I32, I32, I32, I32])),
    ("fd_readdir", number(&[I32, I32, I32, I64, I32])),
    ("fd_renumber", number(&[I32, I32])),
    ("fd_seek", number(&[I32, I64, I32, I32])),
    ("fd_sync", number(&[I32])),
    ("fd_tell", number(&[I32, I32])),
    ("fd_write", number(&[I32, I32, I32, I32])),
    ("path_create_directory", number(&[I32, I32, I32])),
    ("path_filestat_get", number(&[I32, I32, I32, I32, I32])),
    ("path_filestat_set_times", number(&[I32, I32, I32, I32, I64, I64, I32])),
    ("path_link", number(&[I32, I32, I32, I32, I32, I32, I32])),
    ("path_open", number(&[I32, I32, I32, I32, I32, I64, I64, I32, I32])),
    ("path_readlink", number(&[I32, I32, I32, I32, I32, I32])),
    ("path_remove_directory", number(&[I32, I32, I32])),
    ("path_rename", number(&[I32, I32, I32, I32, I32, I32])),
    ("path_symlink", number(&[I32, I32, I32, I32, I32])),
    ("path_unlink_file", number(&[I32, I32, I32])),
    ("poll_oneoff", number(&[I32, I32, I32, I32])),
    (EXIT, Signature { params: &[I32], result: None }),
    ("proc_raise", number(&[I32])),
    ("random_get", number(&[I32, I32])),
    ("sched_yield", number(&[])),
    ("sock_accept", number(&[I32, I32, I32])),
    ("sock_recv", number(&[I32, I32, I32, I32, I32, I32])),
    ("sock_send", number(&[I32, I32, I32, I32, I32])),
    ("sock_shutdown", number(&[I32, I32])),
];

/// The type of a function that returns an error number.
const fn number(params: &'static [ValueType]) -> Signature {
    Signature { params, result: Some(I32) }
}

/// The function of this name, if WASI has one.
#[must_use]
pub fn function(name: &str) -> Option<(&'static str, Signature)> {
    FUNCTIONS.into_iter().find(|(known, _)| *known == name)
}
