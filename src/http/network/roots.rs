//! The certificate authorities that are trusted: the built-in ones, those of the system, and those named by
//! variables, as needed where a company's proxy inspects TLS (API-20).
//!
//! **Invariant:** what is not built in is read only when a certificate needs it; it adds trust and never takes any away.

use crate::system::{Environment, files};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Variables that name a file of certificates.
const FILES: [&str; 2] = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
/// The variable that names folders of them.
const FOLDERS: &str = "SSL_CERT_DIR";
/// A bundle of all public authorities has about 250 KB.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Where authorities beside the built-in ones are named.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    files: Vec<(&'static str, PathBuf)>,
    folders: Vec<PathBuf>,
    found: Arc<OnceLock<LoadedRoots>>,
}

/// What was found there.
#[derive(Debug, Default)]
struct LoadedRoots {
    certificates: Vec<CertificateDer<'static>>,
    /// What could not be read, in words.
    unread: Vec<String>,
}

impl Roots {
    /// As these variables name them; nothing is read yet.
    pub fn of(environment: &Environment) -> Self {
        let named = |name: &'static str| environment.get(name).map(|path| (name, PathBuf::from(path)));
        let folders = environment.get(FOLDERS).map(std::env::split_paths).into_iter().flatten();
        Roots {
            files: FILES.into_iter().filter_map(named).collect(),
            folders: folders.filter(|path| !path.as_os_str().is_empty()).collect(),
            found: Arc::default(),
        }
    }

    /// What could not be read of what variables name, once it was needed.
    pub(super) fn unread(&self) -> &[String] {
        self.found.get().map_or(&[], |found| &found.unread)
    }

    fn found(&self) -> &LoadedRoots {
        self.found.get_or_init(|| {
            let mut found = LoadedRoots::default();
            for (variable, path) in &self.files {
                match read(path) {
                    Ok(certificates) => found.certificates.extend(certificates),
                    Err(why) => found.unread.push(format!("`{variable}` names `{}`: {why}", path.display())),
                }
            }
            for folder in &self.folders {
                let loaded = rustls_native_certs::load_certs_from_paths(None, Some(folder));
                found.certificates.extend(loaded.certs);
                if files::folders(folder).is_err() {
                    found.unread.push(format!("`{FOLDERS}` names `{}`: it is no folder", folder.display()));
                }
            }
            found.certificates.extend(of_system());
            found
        })
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    if !files::exists(path) {
        return Err("it is not there".into());
    }
    // Anything else might never end.
    if !files::is_regular_file(path) {
        return Err("it is no regular file".into());
    }
    let bytes = files::read_bytes(path, FILE_BYTES_MAX).map_err(|error| error.to_string())?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok).collect();
    if certificates.is_empty() { Err("it holds no certificate in PEM".into()) } else { Ok(certificates) }
}

/// The system's own store. Its loader looks at nothing but `SSL_CERT_FILE` where that is set, whatever it names, so that
/// the folders are asked where a system keeps its authorities in some.
#[cfg(all(unix, not(target_os = "macos")))]
fn of_system() -> Vec<CertificateDer<'static>> {
    let load = |folder| rustls_native_certs::load_certs_from_paths(None, Some(folder)).certs;
    openssl_probe::candidate_cert_dirs().flat_map(load).collect()
}

/// The system's own store.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn of_system() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// Asks the built-in authorities first, which is all that Cloudflare's own certificate needs.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    built_in: Arc<WebPkiServerVerifier>,
    roots: Roots,
    /// Made of all; `None` where there are no others.
    all: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
}

impl Verifier {
    pub(super) fn new(provider: &Arc<CryptoProvider>, roots: &Roots) -> Result<Self, String> {
        let store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let built_in = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone());
        Ok(Verifier {
            provider: provider.clone(),
            built_in: built_in.build().map_err(|error| error.to_string())?,
            roots: roots.clone(),
            all: OnceLock::new(),
        })
    }

    fn all(&self) -> Option<&Arc<WebPkiServerVerifier>> {
        let made = self.all.get_or_init(|| {
            let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            store.add_parsable_certificates(self.roots.found().certificates.iter().cloned());
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), self.provider.clone()).build().ok()
        });
        made.as_ref()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match verify(&self.built_in) {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => match self.all() {
                Some(all) => verify(all),
                None => Err(CertificateError::UnknownIssuer.into()),
            },
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.built_in.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.built_in.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.built_in.supported_verify_schemes()
    }
}
