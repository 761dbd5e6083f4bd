#include "Volume.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace loligo {

char *AlignedBuffer::reserve(uint64_t count) {
  count = (count + blockBytes - 1) / blockBytes * blockBytes;
  if (count <= capacity) return bytes;
  std::free(bytes);
  bytes = static_cast<char *>(std::aligned_alloc(blockBytes, count));
  capacity = bytes ? count : 0;
  return bytes;
}

File::~File() {
  if (volume.closing) return;
  std::lock_guard guard(volume.mutex);
  volume.pending.insert(volume.pending.end(), extents.begin(), extents.end());
  if (!extents.empty()) volume.dirty = true;
}

Volume::~Volume() {
  closing = true;
  files.clear();
}

int32_t Volume::fail(int32_t error) {
  failed = true;
  return error;
}

// MARK: Names

FileRef Volume::find(const std::string &name) {
  std::lock_guard guard(mutex);
  auto found = files.find(name);
  return found == files.end() ? nullptr : found->second;
}

FileRef Volume::create(const std::string &name) {
  auto file = std::make_shared<File>(*this);
  file->isTable = name.size() > 4 && name.compare(name.size() - 4, 4, ".sst") == 0;
  if (file->isTable) tablesWritten++;
  FileRef old; // Let go of after the mutex, which its end takes.
  std::lock_guard guard(mutex);
  file->modified = static_cast<uint64_t>(time(nullptr));
  old = std::exchange(files[name], file);
  dirty = true;
  return file;
}

bool Volume::remove(const std::string &name) {
  FileRef old;
  std::lock_guard guard(mutex);
  auto found = files.find(name);
  if (found == files.end()) return false;
  old = std::move(found->second);
  files.erase(found);
  dirty = true;
  return true;
}

bool Volume::rename(const std::string &from, const std::string &to) {
  FileRef old;
  std::lock_guard guard(mutex);
  auto found = files.find(from);
  if (found == files.end()) return false;
  auto file = std::move(found->second);
  files.erase(found);
  old = std::exchange(files[to], std::move(file));
  dirty = true;
  return true;
}

std::vector<std::string> Volume::names() {
  std::lock_guard guard(mutex);
  std::vector<std::string> all;
  for (auto &entry : files)
    all.push_back(entry.first);
  return all;
}

// MARK: Data

std::vector<Extent> Volume::locate(File &file, uint64_t offset, uint64_t count) {
  std::vector<Extent> parts;
  uint64_t start = 0;
  for (auto &extent : file.extents) {
    uint64_t end = start + extent.bytes;
    if (offset < end && count > 0) {
      uint64_t part = std::min(count, end - offset);
      parts.push_back({extent.offset + (offset - start), part});
      offset += part;
      count -= part;
    }
    start = end;
  }
  return parts;
}

int64_t Volume::read(File &file, uint64_t offset, uint64_t count, char *target) {
  constexpr uint64_t chunkMax = 256 << 10;
  static thread_local AlignedBuffer buffer;
  uint64_t first = offset / blockBytes * blockBytes;
  std::vector<Extent> parts;
  {
    std::lock_guard guard(mutex);
    if (offset >= file.written) return 0;
    count = std::min(count, file.written - offset);
    uint64_t end = (offset + count + blockBytes - 1) / blockBytes * blockBytes;
    parts = locate(file, first, end - first);
  }
  uint64_t at = first;
  for (auto &part : parts) {
    for (uint64_t done = 0; done < part.bytes;) {
      uint64_t chunk = std::min(part.bytes - done, chunkMax);
      char *bytes = buffer.reserve(chunk);
      if (!bytes) return -ENOMEM;
      int32_t result = host.read(host.context, part.offset + done, bytes, chunk);
      // A compaction that cannot read a table may leave out its keys: nothing counts that is written after it.
      if (result < 0) return fail(result);
      uint64_t from = std::max(at, offset), to = std::min(at + chunk, offset + count);
      if (from < to) memcpy(target + (from - offset), bytes + (from - at), to - from);
      at += chunk;
      done += chunk;
    }
  }
  return static_cast<int64_t>(count);
}

int32_t Volume::write(File &file, uint64_t offset, const char *source, uint64_t count,
                      uint64_t size) {
  if (failed) return -EIO;
  if (int32_t result = allot(file, offset + count); result < 0) return result;
  std::vector<Extent> parts;
  {
    std::lock_guard guard(mutex);
    parts = locate(file, offset, count);
  }
  for (auto &part : parts) {
    if (int32_t result = host.write(host.context, part.offset, source, part.bytes); result < 0)
      return fail(result);
    source += part.bytes;
  }
  if (file.isTable) tableBytesWritten += count;
  std::lock_guard guard(mutex);
  file.written = std::max(file.written, size);
  file.modified = static_cast<uint64_t>(time(nullptr));
  dirty = true;
  return 0;
}

void Volume::trim(File &file) {
  std::lock_guard guard(mutex);
  uint64_t keep = (file.written + unitBytes - 1) / unitBytes * unitBytes;
  while (file.allotted > keep) {
    auto &last = file.extents.back();
    uint64_t cut = std::min(last.bytes, file.allotted - keep);
    last.bytes -= cut;
    pending.push_back({last.offset + last.bytes, cut});
    if (last.bytes == 0) file.extents.pop_back();
    file.allotted -= cut;
    dirty = true;
  }
}

CRocksDB_VolumeFiles Volume::statistics() {
  CRocksDB_VolumeFiles found{};
  found.unitBytes = unitBytes;
  found.randomReads = randomReads;
  found.randomReadBytes = randomReadBytes;
  found.randomReadDeviceBytes = randomReadDeviceBytes;
  found.reads = reads;
  found.readBytes = readBytes;
  found.tablesWritten = tablesWritten;
  found.tableBytesWritten = tableBytesWritten;
  found.directoryBytes = directoryBytes;
  found.directoryBytesWritten = directoryBytesWritten;
  std::lock_guard guard(mutex);
  found.count = files.size();
  for (auto &entry : files)
    found.usedBytes += entry.second->allotted;
  return found;
}

std::vector<uint64_t> Volume::regionOffsets() {
  std::lock_guard guard(mutex);
  std::vector<uint64_t> offsets;
  for (auto &region : regions)
    offsets.push_back(region.first);
  return offsets;
}

} // namespace loligo
