//! Digests, base64, and ids derived from names.

use super::Function;
use super::call::Call;
use crate::script::builtins::Builtin;
use crate::script::host::Outcome;
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{self, GeneralPurpose, GeneralPurposeConfig};
use rhai::Dynamic;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        builtin: Builtin {
            name: "hash::sha256",
            forms: &[&["text: string or secret"]],
            summary: "The SHA-256 of the text in UTF-8, as 64 hexadecimal digits; of a secret, a secret.",
        },
        example: r#"hash::sha256("larder")"#,
        result: r#""c20fbb7794f4e4f8b114391ab5b8a9f12b38e6937f1de3bb0ac4e0d8e224bd71""#,
        run: |call| call.text_or_secret(0, |text| Ok(hex::encode(Sha256::digest(text)))),
    },
    Function {
        builtin: Builtin {
            name: "base64::encode",
            forms: &[&["text: string or secret"]],
            summary: "The text in UTF-8 as base64, with padding; of a secret, a secret.",
        },
        example: r#"base64::encode("a?>")"#,
        result: r#""YT8+""#,
        run: |call| call.text_or_secret(0, |text| Ok(general_purpose::STANDARD.encode(text))),
    },
    Function {
        builtin: Builtin {
            name: "base64::encode_url",
            forms: &[&["text: string or secret"]],
            summary: "The text in UTF-8 as base64 with `-` and `_`, without padding; of a secret, a secret.",
        },
        example: r#"base64::encode_url("a?>")"#,
        result: r#""YT8-""#,
        run: |call| call.text_or_secret(0, |text| Ok(general_purpose::URL_SAFE_NO_PAD.encode(text))),
    },
    Function {
        builtin: Builtin {
            name: "base64::decode",
            forms: &[&["text: string or secret"]],
            summary: "The text that base64 stands for, in either alphabet, with or without padding; of a secret, a secret.",
        },
        example: r#"base64::decode("YT8-")"#,
        result: r#""a?>""#,
        run: |call| call.text_or_secret(0, |text| decoded(call, text)),
    },
    Function {
        builtin: Builtin {
            name: "uuid::v5",
            forms: &[&["namespace: string", "name: string"]],
            summary: "The UUID of a name in a namespace, the same in each run; the namespace is a UUID, or `dns`, `url`, `oid` or `x500`.",
        },
        example: r#"uuid::v5("dns", "example.com")"#,
        result: r#""cfbff0d1-9375-5685-968c-48ce8b15ae17""#,
        run: v5,
    },
];

/// The message does not quote the text, which may be a secret.
fn decoded(call: &Call, text: &str) -> Outcome<String> {
    let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&alphabet, config).decode(text);
    let bytes = bytes.map_err(|error| call.refuse(0, format!("`text` is no base64: {}", wrong(error))))?;
    String::from_utf8(bytes).map_err(|_| call.refuse(0, "`text` stands for bytes that are no UTF-8 text"))
}

/// Without the byte that is wrong.
fn wrong(error: base64::DecodeError) -> String {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => {
            format!("what stands at byte {at} does not belong there")
        }
        base64::DecodeError::InvalidLength(_) => "something is missing at its end".to_owned(),
        base64::DecodeError::InvalidPadding => "its padding is wrong".to_owned(),
    }
}

fn v5(call: &Call) -> Outcome<Dynamic> {
    let (namespace, name) = (call.known(0)?, call.known(1)?);
    let namespace = match namespace.as_str() {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::try_parse(other).map_err(|_| {
            let hint = "write a UUID, or `dns`, `url`, `oid` or `x500`";
            call.refuse_with_hint(0, "`namespace` is no UUID", hint)
        })?,
    };
    Ok(Uuid::new_v5(&namespace, name.as_bytes()).to_string().into())
}
