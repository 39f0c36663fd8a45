//! Opens connections to an upstream: TCP, and TLS where its URL says so.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http_wasm_host::layer::BoxError;
use hyper_rustls::{
    ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream,
};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tower_service::Service as _;

use crate::serve::UpstreamOptions;

/// A connection, with or without TLS.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// After how long without a byte the system asks whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Opens connections to one upstream.
#[derive(Clone, Debug)]
pub(super) enum Connector {
    Tcp(HttpConnector),
    /// One that offers HTTP/2 and HTTP/1.1, and one for upgrades, which only HTTP/1.1 has.
    Tls(Box<[HttpsConnector<HttpConnector>; 2]>),
}

impl Connector {
    pub(super) fn tcp() -> Self {
        Self::Tcp(http())
    }

    /// # Errors
    /// When there are no certificates to trust.
    pub(super) fn tls(options: &UpstreamOptions) -> Result<Self, String> {
        let config = config(options)?;
        let builder = || HttpsConnectorBuilder::new().with_tls_config(config.clone()).https_only();
        Ok(Self::Tls(Box::new([
            builder().enable_all_versions().wrap_connector(http()),
            builder().enable_http1().wrap_connector(http()),
        ])))
    }

    /// Connects; the URL has a scheme and a host.
    ///
    /// # Errors
    /// When there is no connection.
    pub(super) async fn connect(&self, url: Uri, only_http1: bool) -> Result<Stream, BoxError> {
        match self {
            Self::Tcp(connector) => Ok(MaybeHttpsStream::Http(connector.clone().call(url).await?)),
            Self::Tls(connectors) => connectors[usize::from(only_http1)].clone().call(url).await,
        }
    }
}

fn http() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEPALIVE));
    connector
}

fn config(options: &UpstreamOptions) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = if options.insecure {
        let any = Arc::new(AnyCertificate(provider));
        builder.dangerous().with_custom_certificate_verifier(any)
    } else if let Some(file) = &options.ca {
        let failed = |error| format!("cannot read certificates of {}: {error}", file.display());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file).map_err(failed)? {
            let certificate = certificate.map_err(failed)?;
            roots.add(certificate).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        if roots.is_empty() {
            return Err(format!("{} has no certificate, wanted PEM", file.display()));
        }
        builder.with_root_certificates(roots)
    } else {
        builder.with_native_roots().map_err(|error| {
            format!("this system has no trusted certificates ({error}); name some by --upstream-ca")
        })?
    };
    Ok(builder.with_no_client_auth())
}

/// Accepts every certificate, if its owner has the key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
