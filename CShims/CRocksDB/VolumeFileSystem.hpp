#pragma once

#include "Volume.hpp"

#include <rocksdb/file_system.h>

namespace loligo {

/// The directory that all files are in.
constexpr const char *databaseDirectory = "/index";

/// RocksDB's files on a volume, which must outlive it.
std::shared_ptr<rocksdb::FileSystem> makeFileSystem(Volume &volume);

} // namespace loligo
