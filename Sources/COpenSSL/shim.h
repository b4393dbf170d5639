// What Swift cannot import of OpenSSL: macros and variadic functions. One inline function each,
// prefix `kv_`, nothing clever.
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <time.h>

#pragma clang assume_nonnull begin

// Memory BIOs

static inline long kv_BIO_get_mem_data(BIO *bio, char *_Nullable *_Nonnull data) {
    return BIO_get_mem_data(bio, data);
}

// Stacks

static inline int kv_sk_PKCS7_num(const STACK_OF(PKCS7) *stack) {
    return sk_PKCS7_num(stack);
}

static inline PKCS7 *_Nullable kv_sk_PKCS7_value(const STACK_OF(PKCS7) *stack, int index) {
    return sk_PKCS7_value(stack, index);
}

static inline STACK_OF(PKCS7) *_Nullable kv_sk_PKCS7_new(void) {
    return sk_PKCS7_new_null();
}

static inline void kv_sk_PKCS7_free(STACK_OF(PKCS7) *stack) {
    sk_PKCS7_pop_free(stack, PKCS7_free);
}

static inline int kv_sk_PKCS12_SAFEBAG_num(const STACK_OF(PKCS12_SAFEBAG) *stack) {
    return sk_PKCS12_SAFEBAG_num(stack);
}

static inline PKCS12_SAFEBAG *_Nullable kv_sk_PKCS12_SAFEBAG_value(
    const STACK_OF(PKCS12_SAFEBAG) *stack,
    int index
) {
    return sk_PKCS12_SAFEBAG_value(stack, index);
}

static inline void kv_sk_PKCS12_SAFEBAG_free(STACK_OF(PKCS12_SAFEBAG) *stack) {
    sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free);
}

static inline int kv_sk_GENERAL_NAME_num(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

static inline GENERAL_NAME *_Nullable kv_sk_GENERAL_NAME_value(
    const GENERAL_NAMES *names,
    int index
) {
    return sk_GENERAL_NAME_value(names, index);
}

// The names own `name` afterwards; 0 on failure, and then they do not.
static inline int kv_sk_GENERAL_NAME_push(GENERAL_NAMES *names, GENERAL_NAME *name) {
    return sk_GENERAL_NAME_push(names, name) > 0;
}

// PKCS#12: `PKCS12_unpack_p7encdata` in a library context of the caller's choice

static inline const X509_ALGOR *_Nullable kv_PKCS7_encryption(const PKCS7 *content) {
    if (!PKCS7_type_is_encrypted(content) || content->d.encrypted == NULL
        || content->d.encrypted->enc_data == NULL) {
        return NULL;
    }
    return content->d.encrypted->enc_data->algorithm;
}

static inline STACK_OF(PKCS12_SAFEBAG) *_Nullable kv_PKCS7_decrypt_bags(
    const PKCS7 *content,
    const char *_Nullable password,
    int length,
    OSSL_LIB_CTX *_Nullable context
) {
    if (kv_PKCS7_encryption(content) == NULL || content->d.encrypted->enc_data->enc_data == NULL) {
        return NULL;
    }
    return (STACK_OF(PKCS12_SAFEBAG) *)PKCS12_item_decrypt_d2i_ex(
        content->d.encrypted->enc_data->algorithm, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), password,
        length, content->d.encrypted->enc_data->enc_data, 1, context, NULL
    );
}

static inline int kv_PKCS7_is_data(const PKCS7 *content) {
    return PKCS7_type_is_data(content) && content->d.data != NULL;
}

// Keys

static inline EVP_PKEY *_Nullable kv_EVP_generate_RSA(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

static inline EVP_PKEY *_Nullable kv_EVP_generate_EC(const char *curve) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
}

// Certificates

// Seconds since 1970; 0 when the time is not a valid one.
static inline int kv_ASN1_TIME_seconds(const ASN1_TIME *moment, int64_t *seconds) {
    struct tm parts;
    if (ASN1_TIME_to_tm(moment, &parts) != 1) return 0;
    *seconds = timegm(&parts);
    return 1;
}

// RFC 2253 escapes everything beyond ASCII; without that flag the result is UTF-8 that a person can
// read. Control characters stay escaped, so a name cannot break a line of a log.
static inline int kv_X509_NAME_print(BIO *output, const X509_NAME *name) {
    return X509_NAME_print_ex(output, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0;
}

static inline int kv_X509_NAME_add(X509_NAME *name, const char *field, const char *value) {
    return X509_NAME_add_entry_by_txt(
        name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0
    );
}

static inline int kv_X509_add_extension(
    X509 *certificate,
    X509 *issuer,
    int nid,
    const char *value
) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

// TLS as client

// SNI; 0 on failure.
static inline int kv_SSL_set_server_name(SSL *tls, const char *name) {
    return SSL_set_tlsext_host_name(tls, name) == 1;
}

// Whatever the system's openssl.cnf asks for; 0 on failure.
static inline int kv_SSL_CTX_allow_every_version(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1
        && SSL_CTX_set_max_proto_version(context, 0) == 1;
}

#pragma clang assume_nonnull end
