#include "VolumeFileSystem.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <rocksdb/env.h>

namespace loligo {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

static IOStatus status(int64_t result, const char *what) {
  if (result >= 0) return IOStatus::OK();
  std::string text = std::string(what) + ": " + strerror(static_cast<int>(-result));
  return result == -ENOSPC ? IOStatus::NoSpace(text) : IOStatus::IOError(text);
}

static IOStatus absent(const std::string &name) {
  return IOStatus::NotFound(name);
}

class SequentialFile : public rocksdb::FSSequentialFile {
public:
  SequentialFile(Volume &volume, FileRef file) : volume(volume), file(std::move(file)) {}

  IOStatus Read(size_t count, const IOOptions &, Slice *result, char *scratch,
                IODebugContext *) override {
    int64_t got = volume.read(*file, at, count, scratch);
    if (got < 0) return status(got, "read");
    volume.reads++;
    volume.readBytes += static_cast<uint64_t>(got);
    at += static_cast<uint64_t>(got);
    *result = Slice(scratch, static_cast<size_t>(got));
    return IOStatus::OK();
  }

  IOStatus Skip(uint64_t count) override {
    at += count;
    return IOStatus::OK();
  }

private:
  Volume &volume;
  FileRef file;
  uint64_t at = 0;
};

class RandomAccessFile : public rocksdb::FSRandomAccessFile {
public:
  RandomAccessFile(Volume &volume, FileRef file) : volume(volume), file(std::move(file)) {}

  IOStatus Read(uint64_t offset, size_t count, const IOOptions &, Slice *result, char *scratch,
                IODebugContext *) const override {
    int64_t got = volume.read(*file, offset, count, scratch);
    if (got < 0) return status(got, "read");
    auto bytes = static_cast<uint64_t>(got);
    volume.randomReads++;
    volume.randomReadBytes += bytes;
    volume.randomReadDeviceBytes +=
        (offset + bytes + blockBytes - 1) / blockBytes * blockBytes - offset / blockBytes * blockBytes;
    *result = Slice(scratch, static_cast<size_t>(got));
    return IOStatus::OK();
  }

private:
  Volume &volume;
  FileRef file;
};

/// Appends; holds back what does not fill a block until it is asked to be durable.
class WritableFile : public rocksdb::FSWritableFile {
public:
  WritableFile(Volume &volume, FileRef file) : volume(volume), file(std::move(file)) {}

  ~WritableFile() override { finish(); }

  /// Goes on where the file ends.
  IOStatus resume() {
    uint64_t size = file->size;
    start = size / blockBytes * blockBytes;
    if (start == size) return IOStatus::OK();
    if (!buffer.reserve(capacity)) return IOStatus::IOError("no memory");
    int64_t got = volume.read(*file, start, size - start, buffer.reserve(capacity));
    held = size - start;
    return status(got, "read");
  }

  using rocksdb::FSWritableFile::Append;

  IOStatus Append(const Slice &data, const IOOptions &, IODebugContext *) override {
    char *bytes = buffer.reserve(capacity);
    if (!bytes) return IOStatus::IOError("no memory");
    const char *source = data.data();
    size_t left = data.size();
    while (left > 0) {
      size_t part = std::min(left, static_cast<size_t>(capacity - held));
      memcpy(bytes + held, source, part);
      held += part;
      source += part;
      left -= part;
      isDirty = true;
      if (held == capacity)
        if (auto result = writeOut(); !result.ok()) return result;
    }
    file->size = start + held;
    return IOStatus::OK();
  }

  IOStatus Truncate(uint64_t, const IOOptions &, IODebugContext *) override {
    return IOStatus::OK();
  }

  IOStatus Flush(const IOOptions &, IODebugContext *) override { return IOStatus::OK(); }

  IOStatus Sync(const IOOptions &, IODebugContext *) override {
    if (auto result = writeOut(); !result.ok()) return result;
    return status(volume.commit(), "sync");
  }

  IOStatus Close(const IOOptions &, IODebugContext *) override { return finish(); }

  uint64_t GetFileSize(const IOOptions &, IODebugContext *) override { return file->size; }

private:
  static constexpr uint64_t capacity = 256 << 10;

  Volume &volume;
  FileRef file;
  AlignedBuffer buffer;
  /// Where the buffer's first byte belongs in the file; a block boundary.
  uint64_t start = 0;
  uint64_t held = 0;
  bool isDirty = false;
  bool isClosed = false;

  /// Writes all that is held, the last block filled up with zeros; keeps that block, to go on in
  /// it.
  IOStatus writeOut() {
    if (!isDirty) return IOStatus::OK();
    char *bytes = buffer.reserve(capacity);
    uint64_t whole = held / blockBytes * blockBytes;
    uint64_t all = (held + blockBytes - 1) / blockBytes * blockBytes;
    memset(bytes + held, 0, all - held);
    if (int32_t result = volume.write(*file, start, bytes, all, start + held); result < 0)
      return status(result, "write");
    memmove(bytes, bytes + whole, held - whole);
    start += whole;
    held -= whole;
    isDirty = false;
    return IOStatus::OK();
  }

  IOStatus finish() {
    if (isClosed) return IOStatus::OK();
    isClosed = true;
    auto result = writeOut();
    volume.trim(*file);
    return result;
  }
};

class Directory : public rocksdb::FSDirectory {
public:
  explicit Directory(Volume &volume) : volume(volume) {}

  IOStatus Fsync(const IOOptions &, IODebugContext *) override {
    return status(volume.commit(), "sync of the directory");
  }

  IOStatus Close(const IOOptions &, IODebugContext *) override { return IOStatus::OK(); }

private:
  Volume &volume;
};

class Lock : public rocksdb::FileLock {};

class VolumeFileSystem : public rocksdb::FileSystem {
public:
  explicit VolumeFileSystem(Volume &volume) : volume(volume) {}

  const char *Name() const override { return "loligo.Volume"; }

  IOStatus NewSequentialFile(const std::string &name, const FileOptions &,
                             std::unique_ptr<rocksdb::FSSequentialFile> *result,
                             IODebugContext *) override {
    auto file = volume.find(name);
    if (!file) return absent(name);
    *result = std::make_unique<SequentialFile>(volume, file);
    return IOStatus::OK();
  }

  IOStatus NewRandomAccessFile(const std::string &name, const FileOptions &,
                               std::unique_ptr<rocksdb::FSRandomAccessFile> *result,
                               IODebugContext *) override {
    auto file = volume.find(name);
    if (!file) return absent(name);
    *result = std::make_unique<RandomAccessFile>(volume, file);
    return IOStatus::OK();
  }

  IOStatus NewWritableFile(const std::string &name, const FileOptions &,
                           std::unique_ptr<rocksdb::FSWritableFile> *result,
                           IODebugContext *) override {
    *result = std::make_unique<WritableFile>(volume, volume.create(name));
    return IOStatus::OK();
  }

  IOStatus ReopenWritableFile(const std::string &name, const FileOptions &,
                              std::unique_ptr<rocksdb::FSWritableFile> *result,
                              IODebugContext *) override {
    auto file = volume.find(name);
    auto writable = std::make_unique<WritableFile>(volume, file ? file : volume.create(name));
    auto outcome = writable->resume();
    *result = std::move(writable);
    return outcome;
  }

  IOStatus NewDirectory(const std::string &, const IOOptions &,
                        std::unique_ptr<rocksdb::FSDirectory> *result, IODebugContext *) override {
    *result = std::make_unique<Directory>(volume);
    return IOStatus::OK();
  }

  IOStatus FileExists(const std::string &name, const IOOptions &, IODebugContext *) override {
    return isDirectory(name) || volume.find(name) ? IOStatus::OK() : absent(name);
  }

  IOStatus GetChildren(const std::string &directory, const IOOptions &,
                       std::vector<std::string> *result, IODebugContext *) override {
    result->clear();
    if (!isDirectory(directory)) return absent(directory);
    std::string prefix = std::string(databaseDirectory) + "/";
    for (auto &name : volume.names())
      if (name.compare(0, prefix.size(), prefix) == 0)
        result->push_back(name.substr(prefix.size()));
    return IOStatus::OK();
  }

  IOStatus DeleteFile(const std::string &name, const IOOptions &, IODebugContext *) override {
    return volume.remove(name) ? IOStatus::OK() : absent(name);
  }

  IOStatus CreateDir(const std::string &, const IOOptions &, IODebugContext *) override {
    return IOStatus::OK();
  }

  IOStatus CreateDirIfMissing(const std::string &, const IOOptions &, IODebugContext *) override {
    return IOStatus::OK();
  }

  IOStatus DeleteDir(const std::string &, const IOOptions &, IODebugContext *) override {
    return IOStatus::OK();
  }

  IOStatus GetFileSize(const std::string &name, const IOOptions &, uint64_t *size,
                       IODebugContext *) override {
    auto file = volume.find(name);
    if (!file) return absent(name);
    *size = file->size;
    return IOStatus::OK();
  }

  IOStatus GetFileModificationTime(const std::string &name, const IOOptions &, uint64_t *time,
                                   IODebugContext *) override {
    auto file = volume.find(name);
    if (!file) return absent(name);
    *time = file->modified;
    return IOStatus::OK();
  }

  IOStatus RenameFile(const std::string &from, const std::string &to, const IOOptions &,
                      IODebugContext *) override {
    return volume.rename(from, to) ? IOStatus::OK() : absent(from);
  }

  /// One process has the device; its owner saw to that.
  IOStatus LockFile(const std::string &, const IOOptions &, rocksdb::FileLock **lock,
                    IODebugContext *) override {
    *lock = new Lock();
    return IOStatus::OK();
  }

  IOStatus UnlockFile(rocksdb::FileLock *lock, const IOOptions &, IODebugContext *) override {
    delete lock;
    return IOStatus::OK();
  }

  IOStatus GetTestDirectory(const IOOptions &, std::string *, IODebugContext *) override {
    return IOStatus::NotSupported("test directory");
  }

  IOStatus GetAbsolutePath(const std::string &name, const IOOptions &, std::string *result,
                           IODebugContext *) override {
    *result = name;
    return IOStatus::OK();
  }

  IOStatus IsDirectory(const std::string &name, const IOOptions &, bool *result,
                       IODebugContext *) override {
    *result = isDirectory(name);
    return IOStatus::OK();
  }

private:
  Volume &volume;

  static bool isDirectory(std::string name) {
    while (name.size() > 1 && name.back() == '/')
      name.pop_back();
    return name == databaseDirectory;
  }
};

std::shared_ptr<rocksdb::FileSystem> makeFileSystem(Volume &volume) {
  return std::make_shared<VolumeFileSystem>(volume);
}

} // namespace loligo
