//! services

pub mod d1;
