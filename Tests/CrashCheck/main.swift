import StoreSimulation

CrashCheckProgram.run(CommandLine.arguments)
