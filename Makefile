# Every recipe says why it is there.

.PHONY: demo miniprogram console test check lint bench soak

# The whole system on this machine, without any credentials: the first thing to look at.
# Its phones run the mini program, its staff use the console; where one cannot be built, it says so and starts all the same.
demo:
	-tests/bin/miniprogram build
	-tests/bin/console build
	cargo run --bin linli -- demo

# The owners' mini program as the demo's phones run it. For the upload: API_BASE=https://… npm run build in miniprogram/.
miniprogram:
	tests/bin/miniprogram build

# The staff console as the server serves it under /console/. Before a release build, which takes it in.
console:
	tests/bin/console build

# What a stranger and CI run: everything, on both databases. Installs what it needs.
# Nothing is built twice there, so nothing is kept for a next build: it would take three times the disk.
test: export CARGO_INCREMENTAL = 0
test: check

# Before every commit that is to stay.
check: lint
	tests/bin/with-services tests/bin/everything

# Form, lints and licences: cheap, and first.
lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --offline check bans licenses sources; \
	else echo "cargo-deny is not installed: licences are held by the architecture test"; fi

# Throughput against a raw limit measured in the same run, on SQLite and on PostgreSQL.
bench:
	DURABLE=1 tests/bin/with-services cargo run --release -p benches

# Months of reminders with faults, each from its own seed, as many as wanted: SEEDS=100000 make soak
soak:
	cargo test --release -p simulation --test seeds soak -- --ignored --nocapture
