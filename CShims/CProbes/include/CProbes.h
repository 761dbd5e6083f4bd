#pragma once
#include <stdint.h>

/// USDT probes of provider `loligo`, one for each step of Docs/OpPath.md with that step's number;
/// Docs/Tracing.md tells of them.
typedef enum : uint32_t {
  CProbes_socketReadable = 1,
  CProbes_frame = 2,
  CProbes_message = 3,
  CProbes_dispatch = 4,
  CProbes_shardQueue = 5,
  CProbes_awaitMap = 6,
  CProbes_awaitActive = 7,
  CProbes_interpret = 8,
  CProbes_replicate = 9,
  CProbes_store = 10,
  CProbes_commit = 11,
  CProbes_reply = 12,
  /// A copy has it: in step 11.
  CProbes_durable = 13,
  /// After step 12.
  CProbes_done = 14,
} CProbes_Probe;

/// What a probe's arguments are, in their order; six, as bpftrace takes no more.
typedef struct {
  /// The same for all probes of an op, and no other's until it is done.
  uint64_t op;
  /// Of the client: its number, and its number for the op. On a replica as on the primary.
  int64_t client;
  uint64_t tid;
  /// CLOCK_MONOTONIC, nanoseconds.
  uint64_t at;
  /// Of data: what came with the op, and what it has read by now.
  uint64_t bytes;
  /// Bits 0 to 7 depend on the probe; bit 8: the op writes; bit 9: it is a primary's order to this OSD.
  uint64_t detail;
} CProbes_Op;

/// How many listen; tracers count themselves in, in this process's memory.
extern volatile uint16_t CProbes_listeners;

/// 1 if it is worth calling CProbes_fire: a compare of a word in memory.
static inline int32_t CProbes_listens(void) {
  return __builtin_expect(CProbes_listeners != 0, 0);
}

void CProbes_fire(CProbes_Probe probe, const CProbes_Op *op);
