//! Checking signatures: nothing but the library's own functions, each for one algorithm and one kind of key.

use aws_lc_rs::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
        RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use engine::JwtAlgorithm;

/// What a signature is checked with.
pub(super) enum Key {
    /// Shared with the issuer.
    Secret(Box<hmac::Key>),
    /// RSA of at least 2048 bits: modulus and exponent.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// A point on P-256, not compressed.
    P256(Vec<u8>),
    /// A point of Ed25519.
    Ed25519(Vec<u8>),
}

impl Key {
    pub(super) fn secret(bytes: &[u8]) -> Self {
        Self::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// The point of these coordinates, as it is written.
    pub(super) fn point(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
        (x.len() == 32 && y.len() == 32).then(|| [&[4][..], x, y].concat())
    }

    /// Whether this key made the signature, by this algorithm. A key of another kind made none.
    pub(super) fn verifies(&self, algorithm: JwtAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        match (algorithm, self) {
            // Compared in constant time.
            (JwtAlgorithm::Hs256, Self::Secret(key)) => hmac::verify(key, message, signature).is_ok(),
            (JwtAlgorithm::Rs256, Self::Rsa { n, e }) => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            (JwtAlgorithm::Ps256, Self::Rsa { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature).is_ok()
            }
            (JwtAlgorithm::Es256, Self::P256(point)) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            (JwtAlgorithm::EdDsa, Self::Ed25519(point)) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}
