#pragma once
#include <stddef.h>
#include <stdint.h>

/// AES-128-GCM with 12-byte nonces and 16-byte tags: one key, one direction, any number of messages.
typedef struct COpenSSL_GCM COpenSSL_GCM;
/// `key` is 16 bytes; `seals` is 1 to encrypt, 0 to decrypt. NULL if memory is out.
COpenSSL_GCM *COpenSSL_gcmCreate(const void *key, int32_t seals);
void COpenSSL_gcmDestroy(COpenSSL_GCM *gcm);
/// Begins a message. 0 or -EINVAL.
int32_t COpenSSL_gcmBegin(COpenSSL_GCM *gcm, const void *nonce);
/// The next `count` bytes of the message, any number; `from` may equal `to`. 0 or -EINVAL.
int32_t COpenSSL_gcmUpdate(COpenSSL_GCM *gcm, const void *from, void *to, size_t count);
/// Ends a sealed message and stores its tag. 0 or -EINVAL.
int32_t COpenSSL_gcmSeal(COpenSSL_GCM *gcm, void *tag);
/// Ends an opened message. 0, or -EBADMSG if `tag` is not the message's.
int32_t COpenSSL_gcmOpen(COpenSSL_GCM *gcm, const void *tag);

/// HMAC-SHA256 over a message that comes in pieces.
typedef struct COpenSSL_HMAC COpenSSL_HMAC;
/// NULL if memory is out.
COpenSSL_HMAC *COpenSSL_hmacCreate(const void *key, size_t keyCount);
void COpenSSL_hmacDestroy(COpenSSL_HMAC *hmac);
int32_t COpenSSL_hmacUpdate(COpenSSL_HMAC *hmac, const void *bytes, size_t count);
/// Stores 32 bytes and is ready for another message under the same key. 0 or -EINVAL.
int32_t COpenSSL_hmacFinish(COpenSSL_HMAC *hmac, void *digest);

/// AES-128-CBC with PKCS7 padding in one call; `key` and `iv` are 16 bytes. `to` has room for
/// `count` + 16. Returns the bytes stored, -EINVAL, or -EBADMSG for a length or padding that no
/// encryption makes.
int64_t COpenSSL_cbcEncrypt(const void *key, const void *iv, const void *from, size_t count, void *to);
int64_t COpenSSL_cbcDecrypt(const void *key, const void *iv, const void *from, size_t count, void *to);

/// Bytes that nobody can guess. 0 or -EIO.
int32_t COpenSSL_random(void *bytes, size_t count);
/// 1 if equal; the time taken does not tell where they differ.
int32_t COpenSSL_equal(const void *left, const void *right, size_t count);
