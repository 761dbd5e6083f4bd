#define _SDT_HAS_SEMAPHORES 1
#include "CProbes.h"

#include <sys/sdt.h>

// A tracer raises the word that belongs to its probe. All probes have the same one, under the names that
// the notes in the binary want, so that the daemon looks at one word.
volatile uint16_t CProbes_listeners __attribute__((section(".probes"), used));

#define LISTENERS(name)                                                                            \
  extern volatile uint16_t loligo_##name##_semaphore __attribute__((alias("CProbes_listeners")))

#define FIRE(name)                                                                                 \
  STAP_PROBE6(loligo, name, op->op, op->client, op->tid, op->at, op->bytes, op->detail);            \
  break

LISTENERS(socket_readable);
LISTENERS(frame);
LISTENERS(message);
LISTENERS(dispatch);
LISTENERS(shard_queue);
LISTENERS(await_map);
LISTENERS(await_active);
LISTENERS(interpret);
LISTENERS(replicate);
LISTENERS(store);
LISTENERS(commit);
LISTENERS(reply);
LISTENERS(durable);
LISTENERS(done);

void CProbes_fire(CProbes_Probe probe, const CProbes_Op *op) {
  switch (probe) {
  case CProbes_socketReadable: FIRE(socket_readable);
  case CProbes_frame: FIRE(frame);
  case CProbes_message: FIRE(message);
  case CProbes_dispatch: FIRE(dispatch);
  case CProbes_shardQueue: FIRE(shard_queue);
  case CProbes_awaitMap: FIRE(await_map);
  case CProbes_awaitActive: FIRE(await_active);
  case CProbes_interpret: FIRE(interpret);
  case CProbes_replicate: FIRE(replicate);
  case CProbes_store: FIRE(store);
  case CProbes_commit: FIRE(commit);
  case CProbes_reply: FIRE(reply);
  case CProbes_durable: FIRE(durable);
  case CProbes_done: FIRE(done);
  }
}
