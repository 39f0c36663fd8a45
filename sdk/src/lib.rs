//! SDK
#![no_std]
