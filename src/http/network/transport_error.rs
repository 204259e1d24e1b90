//! Maps errors of the HTTP library to transport errors, and decides whether the server may have received the
//! request.
//!
//! **Invariant:** only a connection that was not made and a stream that the server has refused prove that a request was
//! not looked at; all else may have been done.

use super::super::error::{TransportError, TransportErrorKind};
use rustls::CertificateError;
use std::error::Error;

/// Trouble before the headers of an answer came.
pub(super) fn before_headers(error: &reqwest::Error) -> TransportError {
    let kind = if let Some(invalid) = certificate(error) {
        match invalid {
            CertificateError::UnknownIssuer => TransportErrorKind::Issuer,
            _ => TransportErrorKind::Certificate,
        }
    } else if error.is_connect() || error.is_builder() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if is_refused_stream(error) {
        TransportErrorKind::Refused
    } else {
        TransportErrorKind::Broken
    };
    TransportError::new(kind, words(error))
}

/// Trouble while the body came: by then the server has acted.
pub(super) fn after_headers(error: &reqwest::Error) -> TransportError {
    let kind = if error.is_timeout() { TransportErrorKind::Timeout } else { TransportErrorKind::Broken };
    TransportError::new(kind, words(error))
}

/// An error and what lies behind it.
fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |now| behind(*now))
}

/// What an error of the system was made from is not its source, but its inside.
fn behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inside) => Some(inside),
        None => error.source(),
    }
}

/// Why the other side's certificate was refused.
fn certificate(error: &reqwest::Error) -> Option<&CertificateError> {
    chain(error).find_map(|cause| match cause.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(invalid)) => Some(invalid),
        _ => None,
    })
}

/// HTTP/2's word for a stream that no application has seen (RFC 9113, 8.7). A GOAWAY is not taken for one.
fn is_refused_stream(error: &reqwest::Error) -> bool {
    chain(error).filter_map(|cause| cause.downcast_ref::<h2::Error>()).any(|error| {
        error.is_reset() && error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM)
    })
}

/// The innermost cause is the most specific; the caller knows the URL.
fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    let mut words = String::new();
    while let Some(next) = cause.source() {
        cause = next;
        words = if words.is_empty() { cause.to_string() } else { format!("{words}: {cause}") };
    }
    if words.is_empty() { error.to_string() } else { words }
}
