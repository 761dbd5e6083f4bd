#include "Volume.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>

// Which units of which regions are free.

namespace loligo {

uint64_t Volume::allBits() const {
  uint64_t units = regionBytes / unitBytes;
  return units == 64 ? ~0ull : (1ull << units) - 1;
}

void Volume::reindex(uint64_t region, uint64_t bits) {
  freeUnits += static_cast<uint64_t>(std::popcount(regions[region]));
  freeUnits -= static_cast<uint64_t>(std::popcount(bits));
  regions[region] = bits;
  freeRegions.erase(region);
  partRegions.erase(region);
  if (bits == 0)
    freeRegions.insert(region);
  else if (bits != allBits())
    partRegions.insert(region);
}

void Volume::addRegion(uint64_t offset) {
  regions[offset] = allBits();
  reindex(offset, 0);
}

static uint64_t bitsOf(uint64_t regionOffset, const Extent &extent) {
  uint64_t units = extent.bytes / unitBytes;
  uint64_t mask = units == 64 ? ~0ull : (1ull << units) - 1;
  return mask << ((extent.offset - regionOffset) / unitBytes);
}

/// Calls `body` with the parts of an extent by region; false if one lies in no region.
template <class Body>
static bool forEachRegion(const std::map<uint64_t, uint64_t> &regions, uint64_t regionBytes,
                          Extent extent, Body body) {
  while (extent.bytes > 0) {
    auto found = regions.upper_bound(extent.offset);
    if (found == regions.begin()) return false;
    --found;
    if (extent.offset >= found->first + regionBytes) return false;
    uint64_t part = std::min(extent.bytes, found->first + regionBytes - extent.offset);
    if (!body(found->first, found->second, Extent{extent.offset, part})) return false;
    extent.offset += part;
    extent.bytes -= part;
  }
  return true;
}

bool Volume::take(const Extent &extent) {
  return forEachRegion(regions, regionBytes, extent,
                       [this](uint64_t region, uint64_t bits, Extent part) {
                         uint64_t wanted = bitsOf(region, part);
                         if (bits & wanted) return false;
                         reindex(region, bits | wanted);
                         return true;
                       });
}

void Volume::free(const Extent &extent) {
  forEachRegion(regions, regionBytes, extent, [this](uint64_t region, uint64_t bits, Extent part) {
    reindex(region, bits & ~bitsOf(region, part));
    return true;
  });
}

void Volume::append(File &file, Extent extent) {
  file.allotted += extent.bytes;
  if (!file.extents.empty()) {
    auto &last = file.extents.back();
    if (last.offset + last.bytes == extent.offset) {
      last.bytes += extent.bytes;
      return;
    }
  }
  file.extents.push_back(extent);
}

/// How many units the file may be given now.
uint64_t Volume::takeable(const File &file) const {
  uint64_t reserve = file.isTable ? reservedUnits : 0;
  return freeUnits > reserve ? freeUnits - reserve : 0;
}

/// Gives the file a whole free region if it is large, else the shortest run that will do.
bool Volume::allotHere(File &file, uint64_t need) {
  bool isLarge = need >= regionBytes || file.allotted >= regionBytes / 4;
  if (isLarge && !freeRegions.empty() && takeable(file) >= regionBytes / unitBytes) {
    uint64_t region = *freeRegions.begin();
    reindex(region, allBits());
    append(file, {region, regionBytes});
    return true;
  }
  return !isLarge && allotRun(file, need);
}

/// Gives the file the first run of up to `need` bytes that is free.
bool Volume::allotRun(File &file, uint64_t need) {
  uint64_t most = takeable(file);
  if (most == 0) return false;
  uint64_t region = partRegions.empty() ? *freeRegions.begin() : *partRegions.begin();
  uint64_t bits = regions[region];
  uint64_t units = regionBytes / unitBytes, first = 0;
  while (bits & (1ull << first))
    first++;
  uint64_t count = 1;
  while (first + count < units && !(bits & (1ull << (first + count))) && count * unitBytes < need &&
         count < most)
    count++;
  Extent extent{region + first * unitBytes, count * unitBytes};
  reindex(region, bits | bitsOf(region, extent));
  append(file, extent);
  return true;
}

int32_t Volume::allot(File &file, uint64_t upTo) {
  bool commitTried = false;
  while (true) {
    bool hasPending;
    {
      std::lock_guard guard(mutex);
      while (file.allotted < upTo && allotHere(file, upTo - file.allotted)) {
      }
      if (file.allotted >= upTo) return 0;
      hasPending = !pending.empty();
    }
    if (leaseRegion() == 0) continue;
    // No more regions: what is freed already, then whatever is left in pieces.
    if (hasPending && !commitTried) {
      commitTried = true;
      if (int32_t result = commit(); result < 0) return result;
      continue;
    }
    std::lock_guard guard(mutex);
    while (file.allotted < upTo)
      if (!allotRun(file, upTo - file.allotted)) return -ENOSPC;
    return 0;
  }
}

/// The host may block in here, so no lock is held.
int32_t Volume::leaseRegion() {
  if (!ready) return -ENOSPC;
  int64_t offset = host.lease(host.context);
  if (offset < 0) return static_cast<int32_t>(offset);
  std::lock_guard guard(mutex);
  addRegion(static_cast<uint64_t>(offset));
  dirty = true;
  return 0;
}

void Volume::leaseSpares() {
  while (true) {
    {
      std::lock_guard guard(mutex);
      if (freeRegions.size() >= spareRegionsMin) return;
    }
    if (leaseRegion() < 0) return;
  }
}

/// Forgets free regions beyond those that are kept; they are the host's again once the next table
/// is durable. Under the mutex.
std::vector<uint64_t> Volume::dropSpares() {
  std::vector<uint64_t> dropped;
  while (freeRegions.size() > spareRegionsMax) {
    uint64_t region = *freeRegions.rbegin();
    freeRegions.erase(region);
    regions.erase(region);
    freeUnits -= regionBytes / unitBytes;
    dropped.push_back(region);
  }
  return dropped;
}

} // namespace loligo
