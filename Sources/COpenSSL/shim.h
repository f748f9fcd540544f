// SPDX-License-Identifier: Apache-2.0
// OpenSSL's libcrypto: digests and what compares them.
#pragma once
#include <openssl/crypto.h>
#include <openssl/evp.h>
