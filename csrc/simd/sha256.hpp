// sha256: the compression function of SHA-256 (FIPS 180-4, 6.2.2) over many messages at once, with
// the CPU's own instructions where it has them. Pads nothing and names no message.
#pragma once
#include <cstddef>
#include <cstdint>

namespace corpusmill::simd {

using Sha256Block = uint8_t[64];
using Sha256State = uint32_t[8];

/// Compresses blocks[i] into states[i], each message for itself.
using Sha256 = void (*)(const Sha256Block* blocks, size_t count, Sha256State* states);

extern const uint32_t sha256_initial[8];
extern const uint32_t sha256_constants[64];

/// The function in use. At the baseline level it is the portable one.
Sha256 sha256();

}  // namespace corpusmill::simd
