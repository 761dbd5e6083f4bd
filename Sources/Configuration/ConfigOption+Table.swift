extension ConfigOption {
  /// Every option that this daemon reads. Names and defaults are those of Ceph 16.2 where it has the
  /// option (`src/common/options.cc`); those that begin with `loligo` are ours.
  package static let table: [ConfigOption] =
    identity + logging + messenger + authentication + monitor + osd + faults + scrub
    + store

  package static let byName: [String: ConfigOption] = Dictionary(
    uniqueKeysWithValues: table.map { ($0.name, $0) })

  private static let identity = [
    ConfigOption("fsid", .text, "", "id of the cluster", change: .atRestart),
    ConfigOption("host", .text, "", "short name of this machine", change: .atRestart),
    ConfigOption("run_dir", .text, "/var/run/ceph", "where sockets and pid files are"),
    ConfigOption("pid_file", .text, "", "where the process id is written"),
    ConfigOption("admin_socket", .text, "$run_dir/$cluster-$name.asok", "path of the admin socket"),
    ConfigOption(
      "keyring", .text, "$osd_data/keyring", "files with this daemon's key", change: .atRestart),
    ConfigOption("key", .text, "", "this daemon's key itself, in base64"),
    ConfigOption("keyfile", .text, "", "a file that holds only the key"),
    ConfigOption("setuser", .text, "", "user to become"),
    ConfigOption("setgroup", .text, "", "group to become"),
    ConfigOption("daemonize", .flag, "true", "go to the background", change: .never),
    ConfigOption("osd_data", .text, "/var/lib/ceph/osd/$cluster-$id", "this daemon's directory"),
    ConfigOption("osd_uuid", .text, "", "id of the OSD, for mkfs"),
    ConfigOption("osd_objectstore", .text, "bluestore", "kind of store that is reported"),
  ]

  private static let logging = [
    ConfigOption(
      "log_file", .text, "/var/log/ceph/$cluster-$name.log", "log file; empty is stderr",
      change: .atRestart),
    ConfigOption("log_to_stderr", .flag, "false", "write log lines to stderr", change: .atRestart),
    ConfigOption(
      "log_to_file", .flag, "true", "write log lines to the log file", change: .atRestart),
    ConfigOption("debug_none", .text, "0/5", "log level of what has no subsystem", change: .atOnce),
    ConfigOption("debug_osd", .text, "1/5", "log level", change: .atOnce),
    ConfigOption("debug_ms", .text, "0/5", "log level of the messenger", change: .atOnce),
    ConfigOption("debug_auth", .text, "1/5", "log level of authentication", change: .atOnce),
    ConfigOption("debug_monc", .text, "0/10", "log level of the monitor client", change: .atOnce),
    ConfigOption("debug_mgrc", .text, "1/5", "log level of the manager client", change: .atOnce),
    ConfigOption(
      "debug_objectstore", .text, "1/3", "log level of the store's contract", change: .atOnce),
    ConfigOption("debug_bluestore", .text, "1/5", "log level of the store", change: .atOnce),
    ConfigOption("debug_bdev", .text, "1/3", "log level of the device", change: .atOnce),
    ConfigOption("debug_rocksdb", .text, "4/5", "log level of the index", change: .atOnce),
    ConfigOption("debug_asok", .text, "1/5", "log level of the admin socket", change: .atOnce),
    ConfigOption("debug_crush", .text, "1/1", "log level of placement", change: .atOnce),
    ConfigOption(
      "clog_to_monitors", .text, "default=true", "send cluster log lines to the monitors",
      change: .atRestart),
  ]

  private static let messenger = [
    ConfigOption("public_addr", .text, "", "address for clients"),
    ConfigOption("cluster_addr", .text, "", "address for other OSDs"),
    ConfigOption("public_network", .text, "", "network to pick public_addr from, as a.b.c.d/bits"),
    ConfigOption("cluster_network", .text, "", "network to pick cluster_addr from"),
    ConfigOption("ms_bind_ipv4", .flag, "true", "listen on IPv4", change: .atRestart),
    ConfigOption("ms_bind_ipv6", .flag, "false", "listen on IPv6", change: .atRestart),
    ConfigOption("ms_bind_port_min", .integer, "6800", "first port to try", change: .atRestart),
    ConfigOption("ms_bind_port_max", .integer, "7300", "last port to try", change: .atRestart),
    ConfigOption(
      "ms_cluster_mode", .text, "crc secure", "modes between daemons, preferred first",
      change: .atRestart),
    ConfigOption(
      "ms_service_mode", .text, "crc secure", "modes for clients of this daemon", change: .atRestart
    ),
    ConfigOption("ms_client_mode", .text, "crc secure", "modes as a client", change: .atRestart),
    ConfigOption(
      "ms_mon_cluster_mode", .text, "secure crc", "modes towards monitors and managers",
      change: .atRestart),
    ConfigOption(
      "ms_mon_client_mode", .text, "secure crc", "modes towards monitors", change: .atRestart),
    ConfigOption(
      "ms_inject_socket_failures", .integer, "0", "one of so many receives and sends fails"),
    ConfigOption(
      "ms_inject_delay_type", .text, "", "kinds of peers whose messages are kept back, as in osd",
      change: .atOnce),
    ConfigOption("ms_inject_delay_max", .real, "1", "s a message is kept back at most"),
    ConfigOption(
      "ms_inject_delay_probability", .real, "0", "part of those messages that is kept back"),
    ConfigOption(
      "osd_client_message_size_cap", .size, "500M", "bytes of client messages held at once"),
    ConfigOption(
      "osd_client_message_cap", .integer, "256", "client messages held at once; 0 is any"),
    ConfigOption("loligo_event_driver", .text, "auto", "io_uring, epoll or auto"),
    ConfigOption(
      "loligo_reactors", .integer, "0", "event loops; 0 is one up to 4 cores, else two",
      change: .atRestart),
    ConfigOption(
      "loligo_metrics_port", .integer, "0", "port of GET /metrics for Prometheus; 0 is none"),
    ConfigOption(
      "loligo_metrics_address", .text, "127.0.0.1", "address of this machine for that port",
      change: .atOnce),
  ]

  private static let authentication = [
    ConfigOption(
      "auth_cluster_required", .text, "cephx", "methods between daemons", change: .atRestart),
    ConfigOption(
      "auth_service_required", .text, "cephx", "methods for clients of this daemon",
      change: .atRestart),
    ConfigOption("auth_client_required", .text, "cephx", "methods as a client", change: .atRestart),
    ConfigOption(
      "rotating_keys_bootstrap_timeout", .integer, "30", "s to wait for service keys at boot",
      change: .atRestart),
  ]

  private static let monitor = [
    ConfigOption("mon_host", .text, "", "addresses of the monitors"),
    ConfigOption(
      "no_mon_config", .flag, "false", "begin without what the monitors' configuration says"),
    ConfigOption("mon_client_ping_interval", .real, "10", "s between keepalives"),
    ConfigOption(
      "mon_client_ping_timeout", .real, "30", "s without an answer before another is tried"),
    ConfigOption("mon_client_hunt_interval", .real, "3", "s to wait for a monitor when hunting"),
    ConfigOption(
      "osd_mon_shutdown_timeout", .real, "5", "s to wait for the monitor to note a shutdown"),
    ConfigOption("osd_beacon_report_interval", .integer, "300", "s between beacons"),
    ConfigOption("osd_crush_update_on_start", .flag, "true", "place itself in the CRUSH map"),
    ConfigOption("osd_class_update_on_start", .flag, "true", "set its own device class"),
    ConfigOption(
      "osd_crush_initial_weight", .real, "-1", "weight at first start; below 0 is the size in TiB"),
    ConfigOption(
      "crush_location", .text, "", "key=value pairs; empty is host=$host root=default",
      change: .atOnce),
    ConfigOption("osd_map_message_max", .integer, "40", "maps in one message"),
    ConfigOption(
      "osd_map_share_max_epochs", .integer, "40", "maps that a peer is given that lacks more"),
    ConfigOption(
      "osd_mon_report_interval", .integer, "5", "s between reports of peers to the monitors"),
    ConfigOption(
      "osd_mon_heartbeat_interval", .integer, "30", "s between requests for maps without peers"),
    ConfigOption(
      "mon_osd_min_down_reporters", .integer, "2", "OSDs that must report one before it is down"),
    ConfigOption(
      "mon_osd_reporter_subtree_level", .text, "host", "in how many of these they must be",
      change: .atOnce),
  ]

  private static let osd = [
    ConfigOption("osd_max_write_size", .size, "90", "MiB that one op may write"),
    ConfigOption("osd_max_object_size", .size, "128M", "largest object"),
    ConfigOption("osd_max_object_name_len", .size, "2048", "longest object name"),
    ConfigOption("osd_max_object_namespace_len", .size, "256", "longest namespace"),
    ConfigOption("osd_max_attr_name_len", .size, "100", "longest attribute name"),
    ConfigOption("osd_max_attr_size", .size, "0", "largest attribute; 0 is any"),
    ConfigOption(
      "osd_max_omap_entries_per_request", .integer, "1024", "omap entries in one answer"),
    ConfigOption("osd_max_omap_bytes_per_request", .size, "1G", "omap bytes in one answer"),
    ConfigOption("osd_min_pg_log_entries", .integer, "250", "log entries kept"),
    ConfigOption("osd_max_pg_log_entries", .integer, "10000", "log entries kept while degraded"),
    ConfigOption(
      "osd_pg_log_dups_tracked", .integer, "3000", "versions back that resent ops are known for"),
    ConfigOption(
      "osd_pg_log_trim_min", .integer, "100", "entries that a trim must remove to be done"),
    ConfigOption(
      "osd_pg_log_trim_max", .integer, "10000", "entries that a trim removes at most"),
    ConfigOption(
      "osd_target_pg_log_entries_per_osd", .integer, "50000",
      "entries of all PGs' logs together, within the bounds of each"),
    ConfigOption(
      "osd_max_backfills", .integer, "1", "PGs that recover or are backfilled at a time"),
    ConfigOption(
      "osd_backfill_retry_interval", .real, "30",
      "s until a backfill that found no place asks again"),
    ConfigOption(
      "osd_recovery_retry_interval", .real, "30", "s until a recovery that found no room asks again"
    ),
    ConfigOption("osd_command_max_records", .integer, "256", "unfound objects that are listed"),
    ConfigOption(
      "osd_recovery_max_active", .integer, "0",
      "objects that are recovered at a time; 0: by the kind of device"),
    ConfigOption("osd_recovery_max_active_hdd", .integer, "3", "the same, on rotational devices"),
    ConfigOption("osd_recovery_max_active_ssd", .integer, "10", "the same, on others"),
    ConfigOption(
      "osd_recovery_max_single_start", .integer, "1", "objects whose recovery a PG begins at once"),
    ConfigOption(
      "osd_recovery_sleep", .real, "0", "s before the next recovery; 0: by the kind of device"),
    ConfigOption("osd_recovery_sleep_hdd", .real, "0.1", "the same, on rotational devices"),
    ConfigOption("osd_recovery_sleep_ssd", .real, "0", "the same, on others"),
    ConfigOption(
      "osd_recovery_sleep_hybrid", .real, "0.025",
      "the same, of a journal on another device, which there is not here"),
    ConfigOption("osd_recovery_op_priority", .integer, "3", "priority of recovery's messages"),
    ConfigOption("osd_recovery_priority", .integer, "5", "priority of recovery among clients' ops"),
    ConfigOption("osd_recovery_cost", .size, "20M", "bytes that a turn of recovery counts as"),
    ConfigOption("osd_push_per_object_cost", .size, "1000", "bytes that an object counts as more"),
    ConfigOption("osd_max_push_cost", .size, "8M", "bytes of pushes in a message"),
    ConfigOption("osd_max_push_objects", .integer, "10", "objects in a message"),
    ConfigOption("osd_backfill_scan_min", .integer, "64", "objects in a backfill's interval"),
    ConfigOption("osd_backfill_scan_max", .integer, "512", "the same, at most"),
    ConfigOption(
      "osd_pool_default_read_lease_ratio", .real, "0.8", "of the grace, how long leases are"),
    ConfigOption("osd_recovery_max_chunk", .size, "8388608", "bytes of an object copied at once"),
    ConfigOption(
      "osd_recovery_max_omap_entries_per_chunk", .integer, "8096",
      "omap entries of an object copied at once"),
    ConfigOption("osd_failsafe_full_ratio", .real, "0.97", "above this nothing is written"),
    ConfigOption("osd_op_complaint_time", .real, "30", "s after which an op is slow"),
    ConfigOption(
      "osd_op_log_threshold", .integer, "5", "slow ops that are named in the log at a time"),
    ConfigOption("osd_enable_op_tracker", .flag, "true", "keep what took long, and tell of it"),
    ConfigOption("osd_op_history_size", .integer, "20", "ops over that are kept"),
    ConfigOption("osd_op_history_duration", .integer, "600", "s for which they are kept"),
    ConfigOption("osd_op_history_slow_op_size", .integer, "20", "slow ops over that are kept"),
    ConfigOption("osd_op_history_slow_op_threshold", .real, "10", "s from which those are slow"),
    ConfigOption("osd_bench_duration", .integer, "30", "s that a bench may take, about"),
    ConfigOption(
      "osd_bench_small_size_max_iops", .integer, "100",
      "writes a s that a bench of small blocks may assume"),
    ConfigOption(
      "osd_bench_large_size_max_throughput", .size, "100M", "bytes a s that one of large blocks may"
    ),
    ConfigOption("osd_bench_max_block_size", .size, "64M", "largest block of a bench"),
    ConfigOption(
      "osd_memory_target", .size, "4G",
      "what the stock OSD aims at; caches whose size is not set are a share of it",
      change: .atRestart),
    ConfigOption(
      "osd_aggregated_slow_ops_logging", .flag, "true", "tell the cluster of slow ops in one line"),
    ConfigOption(
      "mon_warn_on_slow_ping_time", .real, "0", "ms of a ping that are too many; 0: by the ratio"),
    ConfigOption(
      "mon_warn_on_slow_ping_ratio", .real, "0.05", "share of the grace that a ping may take"),
    ConfigOption(
      "osd_op_thread_timeout", .integer, "15", "s after which a reactor counts as stuck"),
    ConfigOption(
      "osd_op_thread_suicide_timeout", .integer, "150", "s after which a stuck daemon aborts"),
    ConfigOption(
      "osd_heartbeat_grace", .integer, "20", "s without an answer before a peer is reported"),
    ConfigOption("osd_heartbeat_min_size", .size, "2000", "bytes of a ping"),
    ConfigOption("osd_heartbeat_interval", .integer, "6", "s between pings, at most"),
    ConfigOption("osd_heartbeat_min_peers", .integer, "10", "OSDs to ping, if there are as many"),
    ConfigOption(
      "osd_heartbeat_stale", .integer, "600", "s past the grace after which a peer is begun anew"),
    ConfigOption(
      "osd_heartbeat_min_healthy_ratio", .real, "0.33",
      "share of the peers that must answer before it boots again"),
    ConfigOption(
      "osd_fast_fail_on_connection_refused", .flag, "true",
      "report a peer that refuses a connection at once"),
    ConfigOption(
      "osd_max_markdown_count", .integer, "5", "times wrongly marked down before it gives up"),
    ConfigOption("osd_max_markdown_period", .integer, "600", "s in which those count"),
  ]

  private static let faults = [
    ConfigOption(
      "osd_debug_reject_backfill_probability", .real, "0",
      "share of backfills that are refused a place, for tests"),
    ConfigOption(
      "osd_debug_inject_dispatch_delay_probability", .real, "0",
      "share of messages and ops that are delayed, for tests"),
    ConfigOption(
      "osd_debug_inject_dispatch_delay_duration", .real, "0.1", "s by which they are delayed"),
  ]

  private static let scrub = [
    ConfigOption("osd_max_scrubs", .integer, "1", "PGs scrubbed at a time, led or followed"),
    ConfigOption(
      "osd_scrub_during_recovery", .flag, "false", "scrub while PGs of this OSD recover"),
    ConfigOption(
      "osd_repair_during_recovery", .flag, "false", "make repairs that are asked for meanwhile"),
    ConfigOption(
      "osd_scrub_begin_hour", .integer, "0", "from this hour; alike with the end is always"),
    ConfigOption("osd_scrub_end_hour", .integer, "0", "before this hour"),
    ConfigOption("osd_scrub_begin_week_day", .integer, "0", "from this day; 0 is Sunday"),
    ConfigOption("osd_scrub_end_week_day", .integer, "0", "before this day"),
    ConfigOption(
      "osd_scrub_load_threshold", .real, "0.5", "load per processor below which scrubs are made"),
    ConfigOption("osd_scrub_min_interval", .real, "86400", "s between scrubs of a PG, at least"),
    ConfigOption(
      "osd_scrub_max_interval", .real, "604800", "s after which load and hours do not matter"),
    ConfigOption("osd_deep_scrub_interval", .real, "604800", "s between deep scrubs of a PG"),
    ConfigOption(
      "osd_scrub_interval_randomize_ratio", .real, "0.5",
      "share of the interval that is added at random"),
    ConfigOption(
      "osd_deep_scrub_randomize_ratio", .real, "0.15",
      "share of scrubs that are deep before their time"),
    ConfigOption(
      "osd_scrub_backoff_ratio", .real, "0.66", "share of looks at what is due that are left out"),
    ConfigOption("osd_scrub_chunk_min", .integer, "5", "objects in a chunk, at least"),
    ConfigOption("osd_scrub_chunk_max", .integer, "25", "objects in a chunk, at most"),
    ConfigOption("osd_scrub_sleep", .real, "0", "s between chunks"),
    ConfigOption("osd_scrub_extended_sleep", .real, "0", "s between chunks outside of the hours"),
    ConfigOption("osd_scrub_auto_repair", .flag, "false", "repair what scrubs find by themselves"),
    ConfigOption(
      "osd_scrub_auto_repair_num_errors", .integer, "5",
      "objects with errors up to which that is done"),
    ConfigOption(
      "osd_scrub_max_preemptions", .integer, "5",
      "times that writes interrupt a chunk before they wait"),
    ConfigOption(
      "osd_scrub_invalid_stats", .flag, "true", "scrub PGs whose statistics are not known"),
    ConfigOption("osd_deep_scrub_stride", .size, "512K", "bytes of an object read at a time"),
    ConfigOption(
      "osd_deep_scrub_keys", .integer, "1024", "omap entries of an object read at a time"),
    ConfigOption(
      "osd_deep_scrub_large_omap_object_key_threshold", .integer, "200000",
      "omap entries above which an object is complained of"),
    ConfigOption(
      "osd_deep_scrub_large_omap_object_value_sum_threshold", .size, "1G",
      "bytes of omap above which an object is complained of"),
    ConfigOption(
      "osd_deep_scrub_update_digest_min_age", .integer, "7200",
      "s since its change after which an object's digests are kept"),
    ConfigOption("osd_scrub_priority", .integer, "5", "priority of scrubs among ops"),
    ConfigOption(
      "osd_requested_scrub_priority", .integer, "120", "priority of scrubs that are asked for"),
    ConfigOption("osd_client_op_priority", .integer, "63", "priority of clients' ops"),
  ]

  private static let store = [
    ConfigOption(
      "bluestore_block_path", .text, "", "device for mkfs; empty is the file osd_data/block"),
    ConfigOption(
      "bluestore_block_size", .size, "100G", "size of the file that mkfs makes", change: .never),
    ConfigOption(
      "loligo_store_partitions", .integer, "16", "partitions that mkfs makes", change: .never),
    ConfigOption(
      "loligo_store_log_bytes", .size, "0", "commit log that mkfs makes; 0 is a 64th of the device",
      change: .never),
    ConfigOption(
      "loligo_store_data_cache_bytes", .size, "0",
      "object data kept in memory; 0 is a sixteenth of osd_memory_target", change: .atRestart),
    ConfigOption(
      "loligo_store_deferred_bytes", .size, "16K",
      "data that go to the log first when their record is alone; 0 is never", change: .atRestart),
    ConfigOption(
      "loligo_store_onode_cache_bytes", .size, "0",
      "object metadata kept in memory; 0 is a sixty-fourth of osd_memory_target",
      change: .atRestart),
  ]
}
