#include "COpenSSL.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

// The handles are OpenSSL's own contexts under a name that needs none of its headers.

static const size_t updateMax = 1u << 30; // OpenSSL takes an int.

COpenSSL_GCM *COpenSSL_gcmCreate(const void *key, int32_t seals) {
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (!context) return NULL;
  if (EVP_CipherInit_ex(context, EVP_aes_128_gcm(), NULL, key, NULL, seals) != 1) {
    EVP_CIPHER_CTX_free(context);
    return NULL;
  }
  return (COpenSSL_GCM *)context;
}

void COpenSSL_gcmDestroy(COpenSSL_GCM *gcm) { EVP_CIPHER_CTX_free((EVP_CIPHER_CTX *)gcm); }

int32_t COpenSSL_gcmBegin(COpenSSL_GCM *gcm, const void *nonce) {
  return EVP_CipherInit_ex((EVP_CIPHER_CTX *)gcm, NULL, NULL, NULL, nonce, -1) == 1 ? 0 : -EINVAL;
}

int32_t COpenSSL_gcmUpdate(COpenSSL_GCM *gcm, const void *from, void *to, size_t count) {
  const unsigned char *source = from;
  unsigned char *target = to;
  while (count > 0) {
    size_t part = count < updateMax ? count : updateMax;
    int stored = 0;
    if (EVP_CipherUpdate((EVP_CIPHER_CTX *)gcm, target, &stored, source, (int)part) != 1)
      return -EINVAL;
    source += part;
    target += part;
    count -= part;
  }
  return 0;
}

int32_t COpenSSL_gcmSeal(COpenSSL_GCM *gcm, void *tag) {
  unsigned char none[16];
  int stored = 0;
  if (EVP_CipherFinal_ex((EVP_CIPHER_CTX *)gcm, none, &stored) != 1) return -EINVAL;
  return EVP_CIPHER_CTX_ctrl((EVP_CIPHER_CTX *)gcm, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1 ? 0
                                                                                         : -EINVAL;
}

int32_t COpenSSL_gcmOpen(COpenSSL_GCM *gcm, const void *tag) {
  unsigned char none[16];
  int stored = 0;
  if (EVP_CIPHER_CTX_ctrl((EVP_CIPHER_CTX *)gcm, EVP_CTRL_AEAD_SET_TAG, 16, (void *)tag) != 1)
    return -EBADMSG;
  return EVP_CipherFinal_ex((EVP_CIPHER_CTX *)gcm, none, &stored) == 1 ? 0 : -EBADMSG;
}

COpenSSL_HMAC *COpenSSL_hmacCreate(const void *key, size_t keyCount) {
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  if (!mac) return NULL;
  EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac); // The context holds its own reference.
  if (!context) return NULL;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_end()};
  // An empty key must not be a null pointer: that means "keep the key there is".
  if (EVP_MAC_init(context, keyCount ? key : "", keyCount, parameters) != 1) {
    EVP_MAC_CTX_free(context);
    return NULL;
  }
  return (COpenSSL_HMAC *)context;
}

void COpenSSL_hmacDestroy(COpenSSL_HMAC *hmac) { EVP_MAC_CTX_free((EVP_MAC_CTX *)hmac); }

int32_t COpenSSL_hmacUpdate(COpenSSL_HMAC *hmac, const void *bytes, size_t count) {
  return count == 0 || EVP_MAC_update((EVP_MAC_CTX *)hmac, bytes, count) == 1 ? 0 : -EINVAL;
}

int32_t COpenSSL_hmacFinish(COpenSSL_HMAC *hmac, void *digest) {
  size_t stored = 0;
  if (EVP_MAC_final((EVP_MAC_CTX *)hmac, digest, &stored, 32) != 1) return -EINVAL;
  return EVP_MAC_init((EVP_MAC_CTX *)hmac, NULL, 0, NULL) == 1 ? 0 : -EINVAL;
}

static int64_t cbc(int seals, const void *key, const void *iv, const void *from, size_t count,
                   void *to) {
  if (count > INT_MAX - 16) return -EINVAL;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (!context) return -ENOMEM;
  int body = 0, tail = 0;
  int64_t result = -EINVAL;
  if (EVP_CipherInit_ex(context, EVP_aes_128_cbc(), NULL, key, iv, seals) == 1 &&
      EVP_CipherUpdate(context, to, &body, from, (int)count) == 1)
    result = EVP_CipherFinal_ex(context, (unsigned char *)to + body, &tail) == 1
                 ? (int64_t)body + tail
                 : -EBADMSG;
  EVP_CIPHER_CTX_free(context);
  return result;
}

int64_t COpenSSL_cbcEncrypt(const void *key, const void *iv, const void *from, size_t count,
                            void *to) {
  return cbc(1, key, iv, from, count, to);
}

int64_t COpenSSL_cbcDecrypt(const void *key, const void *iv, const void *from, size_t count,
                            void *to) {
  return cbc(0, key, iv, from, count, to);
}

int32_t COpenSSL_random(void *bytes, size_t count) {
  unsigned char *target = bytes;
  while (count > 0) {
    size_t part = count < updateMax ? count : updateMax;
    if (RAND_bytes(target, (int)part) != 1) return -EIO;
    target += part;
    count -= part;
  }
  return 0;
}

int32_t COpenSSL_equal(const void *left, const void *right, size_t count) {
  return CRYPTO_memcmp(left, right, count) == 0;
}
