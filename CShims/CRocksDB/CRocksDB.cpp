#include "CRocksDB.h"
