# x400rig.  Targets:
#   make            build/x400rig
#   make deps       install what is missing (Debian, needs root)
#   make demo       build, run the scenarios against the healthy lab MTA and each defect
#   make check      build and run all tests
#   make stream     messages of 1 GiB through a pair of associations, memory measured
#   make ci         check, stream, kills and replayed, under sanitizers too, and all static analysis
#   make tiny       the unit tests with every limit tiny
#   make analyse    cppcheck and gcc -fanalyzer
#   make cov        coverage of all tests, as pages too: fails below 95 % of the lines and 90 % of
#                   the branches of a folder of stack/, and below 85 % of the lines of rig/
#   make tidy       clang-tidy (.clang-tidy says what is left out and why)
#   make scan       scan-build: clang's analyzer over the whole program; any warning fails
#   make valgrind   the unit tests under memcheck
#   make threads    the lab MTA's two threads under ThreadSanitizer
#   make allocations  each allocation of a run, a server, a report fails once: no crash, and it is
#                   said (check takes a sample; EVERY=7 KIND=mta)
#   make soak       a million connections of garbage at mta and peer: memory and descriptors
#                   stay flat (N=, LANES=, SEED=)
#   make scaling    how cost grows with associations, messages, captures, logs: build/scaling.svg
#   make cells      rows of the state tables that no test takes
#   make rules      rules that no test breaks
#   make kills      the lab MTA killed 1,000 times; nothing lost, nothing doubled
#   make bench      all benches as one table: ratios against bare baselines in the same run, as
#                   they come (build/bench.md), then make scaling
#   make performance  what the last `make bench` measured, into docs/performance.md
#   make bench-stack, -ber, -link, -mta, -capture, -replay, -runner, -report, -peers, -fuzz
#                   one of them (-mta on a real disk; FLAT=1000000 for as many messages)
#   make dummies    all scenarios against peers that are no MTAs: none may pass (ci runs it)
#   make defect-logs  what the lab MTA logs under each defect: the right article (ci runs it)
#   make large       a log and a capture of 1 GiB: memory, speed, no fault found (ci runs it)
#   make twins      the hand-written conversations of captures/ anew
#   make recordings the recorded ones anew, in virtual time
#   make fuzz-defects  each fault of the lab MTA by the teardown fuzzer, ten seeds; the healthy one
#   make fuzz F=session T=60   one libFuzzer target for T seconds
#   make install    DESTDIR= PREFIX=/usr/local; make uninstall takes the same away
#   make deb        a Debian package, checked with lintian
#   make replayed   the recordings of all defects, replayed to ill and healthy lab MTAs
#   make flaky      the catalogue with 20 seeds and beside busy cores: no verdict by luck
#   make modes      the catalogue with sides of the target in X.410 mode, of 1984, two-way, and with
#                   the documented timers: nothing fails (ci runs it; check a sample)
#   make matrix     each defect of the lab MTA against the whole catalogue, in virtual time
#   make mutate     N=60 small faults of the lab MTA, drawn by S=1: who catches them
#   make clean
# Variables: CC, B (build folder), SAN=1 (ASan and UBSan; SAN=thread: TSan), LTO= (no optimisation
# across files: links sooner), V=1 (show commands)

B ?= build
# Make has a value of its own, cc; one of the environment or of the command line stays
ifeq ($(origin CC),default)
CC := gcc
endif
STD := -std=c11 -D_GNU_SOURCE
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
OPT ?= -O2 -g
CPPFLAGS += -Istack -Irig -isystem /usr/include/libxml2
# What the compiler can do against what it and we overlook
HARDEN := -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2
LDFLAGS += -Wl,-z,relro,-z,now
CFLAGS += $(STD) $(WARN) $(OPT) $(HARDEN) -MMD -MP
LDLIBS := -ljansson -lsqlite3 -lpcre2-8 -lxxhash -lcrypto -lssl -lz -lseccomp -lm
# Loaded when a verb needs them (rig/late)
LATE_LIBS := -levt -levtx -lpcap -lxml2
ifdef SAN
SANITIZERS := $(if $(filter thread,$(SAN)),thread,address,undefined)
CPPFLAGS += -DSANITIZED
HARDEN :=
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SANITIZERS) -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SANITIZERS)
endif
ifdef TINY
CPPFLAGS += -DTEST_TINY
endif
ifdef COV
HARDEN :=
OPT := -O0 -g --coverage
LDFLAGS += --coverage
endif
ifdef FUZZING
CPPFLAGS += -DFUZZING -DSANITIZED
HARDEN :=
OPT := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(FUZZING),ends)
# Comparisons watched cost a third of the time, and tell little of states
OPT += -O2 -fno-sanitize-coverage=trace-cmp
endif
endif
# What each octet of a capture or of a relayed message goes through is optimised as one in the
# program itself, by gcc: a tenth of the time of `decode`, a twentieth of the lab MTA's, for some
# seconds of linking.  Tests take the same objects as they are.
ifeq ($(SAN)$(TINY)$(COV)$(CELLS)$(FUZZING),)
ifneq ($(findstring Free Software,$(shell $(CC) --version)),)
LTO := -flto=auto -ffat-lto-objects
# A struct is cleared dozens of times a message, and `rep stos` is slow to begin
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
LTO += -mmemset-strategy=vector_loop:1024:noalign,libcall:-1:noalign
endif
LDFLAGS += -fno-lto
endif
endif
ifndef V
Q := @
say = @echo '  $(1)	$(2)';
endif

STACK_SRC := $(wildcard stack/*/*.c)
RIG_SRC := $(filter-out rig/cli/main.c,$(wildcard rig/*/*.c))
PAGE := rig/report/assets/page.css rig/report/assets/page.js rig/report/assets/embed.sh
UNIT_SRC := $(wildcard tests/unit/test_*.c)
TEST_LIB_SRC := $(wildcard tests/lib/*.c)
HOT_SRC := $(STACK_SRC) \
	$(wildcard $(patsubst %,rig/%/*.c,capture end link mta net)) \
	$(addprefix rig/cli/,cmd_decode.c decode_aside.c decode_flow.c decode_lines.c decode_share.c \
	follow.c line_filter.c listing.c listing_json.c)
obj = $(patsubst %.c,$(B)/%.o,$(1))
UNITS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(UNIT_SRC))
# What pages are read back with; and what the program loads is what the linker takes
$(B)/tests/unit/test_report: LDLIBS += -lxml2
$(B)/tests/unit/test_late: LDLIBS += -Wl,--no-as-needed $(LATE_LIBS)
# Allocations that can be made to fail, while a message is taken over or given up; a commit
# that is always written beside the loop; what is on its way when a message is acknowledged
RELAY_WRAPPED := malloc calloc realloc relay_take relay_give_up queue_has_gathered \
	association_secured_all
$(B)/tests/unit/test_mta_relay: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,$(RELAY_WRAPPED))
ifdef COV
TAKEN := $(B)/tests/cov/exit.o
$(B)/x400rig $(UNITS) $(B)/tests/tools/%: LDFLAGS += -Wl,--wrap=_exit
endif
ifdef CELLS
TAKEN := $(B)/tests/cells/taken.o
$(B)/x400rig $(UNITS) $(B)/tests/tools/%: LDFLAGS += \
	-Wl,--wrap=turn_step,--wrap=findings_add,--wrap=session_step
endif

# What else a target needs beside the program is made in the same run of make as it, behind
# `present`: two runs would make the same objects at once.
.PHONY: all build deps demo check ci tiny analyse cov bench fuzz clean units replays
all: build
build: present
	$(Q)$(MAKE) --no-print-directory $(B)/x400rig

# --- setting up -------------------------------------------------------------
deps:
	$(Q)sh tests/deps.sh
.PHONY: present
present:
	$(Q)sh tests/deps.sh --check >/dev/null || $(MAKE) --no-print-directory deps

# --- building ---------------------------------------------------------------
$(B)/%.o: %.c
	$(call say,CC,$<)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(B)/libstack.a: $(call obj,$(STACK_SRC))
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^
$(B)/librig.a: $(call obj,$(RIG_SRC)) $(B)/rig/report/assets/page.o
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

# The style and script of reports, as C
$(B)/rig/report/assets/page.c: $(PAGE)
	$(call say,EMBED,$@)mkdir -p $(@D)
	$(Q)sh rig/report/assets/embed.sh rig/report/assets >$@
$(B)/rig/report/assets/page.o: $(B)/rig/report/assets/page.c
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(call obj,$(HOT_SRC)): CFLAGS += $(LTO)
$(B)/x400rig: $(B)/rig/cli/main.o $(TAKEN) $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(if $(LTO),$(OPT) $(HARDEN) $(LTO)) $(filter-out -fno-lto,$(LDFLAGS)) \
		-o $@ $^ $(LDLIBS)

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(call obj,$(TEST_LIB_SRC)) $(TAKEN) $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
TOOLS := $(B)/tests/tools/make_twins $(B)/tests/tools/make_oracle $(B)/tests/tools/make_event_log \
	$(B)/tests/tools/make_fuzz_cases $(B)/tests/kills/kills
$(B)/tests/tools/make_event_log: $(B)/tests/lib/evt.o $(B)/tests/lib/evtx.o
$(B)/tests/tools/%: $(B)/tests/tools/%.o $(B)/tests/lib/say.o $(TAKEN) $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
.SECONDARY:

units: $(UNITS)

# --- using and testing ------------------------------------------------------
demo: build
	$(Q)sh tests/demo.sh $(B)

check: present
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/x400rig $(B)/x400rig-alloc units replays $(TOOLS)
	$(Q)sh tests/includes.sh
	$(Q)sh tests/style.sh
	$(Q)sh tests/run.sh $(B)

# Everything of check, under ASan and UBSan, with clang, with tiny limits, and
# under static analysis: cppcheck, gcc, clang-tidy, scan-build.
ci: check
	$(Q)$(MAKE) --no-print-directory B=build-san SAN=1 CC=clang check
	$(Q)$(MAKE) --no-print-directory tiny
	$(Q)$(MAKE) --no-print-directory threads
	$(Q)$(MAKE) --no-print-directory large
	$(Q)$(MAKE) --no-print-directory defect-logs
	$(Q)$(MAKE) --no-print-directory dummies
	$(Q)$(MAKE) --no-print-directory modes
	$(Q)$(MAKE) --no-print-directory stream
	$(Q)$(MAKE) --no-print-directory kills
	$(Q)$(MAKE) --no-print-directory replayed
	$(Q)$(MAKE) --no-print-directory browser
	$(Q)$(MAKE) --no-print-directory analyse
	$(Q)$(MAKE) --no-print-directory tidy
	$(Q)$(MAKE) --no-print-directory scan
	$(Q)$(MAKE) --no-print-directory deb

.PHONY: stream
stream: $(B)/tests/unit/test_stream
	$(Q)$< long

THREADED := $(addprefix build-thread/,x400rig tests/bench/bench_relay \
	$(addprefix tests/unit/,test_mta test_mta_queue test_mta_relay))
.PHONY: threads
threads: present
	$(Q)$(MAKE) --no-print-directory -j2 B=build-thread SAN=thread CC=clang $(THREADED)
	$(Q)sh tests/threads.sh build-thread

tiny: present
	$(Q)$(MAKE) --no-print-directory -j2 B=build-tiny TINY=1 units
	$(Q)sh tests/run.sh build-tiny units

# In these files gcc 12 loses track of what is kept at a variable index or behind a pointer, and
# then calls it leaked or not set; LeakSanitizer and memcheck look for both in all tests.
LEAKED := cli/check_book cli/check_talk cli/cmd_report cli/decode_aside cli/export fuzz/campaign \
	fuzz/outlet judge/timeline mta/log replay/replay_read report/pdus scenario/message
$(LEAKED:%=build-analyse/rig/%.o): CFLAGS += -Wno-analyzer-malloc-leak -Wno-analyzer-file-leak
UNSET := stack/base/text rig/scenario/strand
$(UNSET:%=build-analyse/%.o): CFLAGS += -Wno-analyzer-use-of-uninitialized-value
analyse: present
	$(Q)cppcheck -j2 --quiet --error-exitcode=1 --inline-suppr --enable=warning,portability \
		--std=c11 -Istack -Irig stack rig
	$(Q)$(MAKE) --no-print-directory -j2 B=build-analyse LTO= OPT='-O2 -fanalyzer' \
		$(STACK_SRC:%.c=build-analyse/%.o) $(RIG_SRC:%.c=build-analyse/%.o)

# What failed is told, and counted all the same
cov: present
	$(Q)$(MAKE) --no-print-directory -j2 B=build-cov COV=1 build-cov/x400rig units replays \
		$(TOOLS:$(B)/%=build-cov/%)
	$(Q)find build-cov -name '*.gcda' -delete
	-$(Q)sh tests/run.sh build-cov
	$(Q)sh tests/cov.sh build-cov

# One stamp a file: it goes on where it was stopped, and again where a source or header is newer
.PHONY: tidy scan valgrind analysers
analysers: present
	$(Q)command -v clang-tidy >/dev/null && command -v scan-build >/dev/null || \
		apt-get install -y -q --no-install-recommends clang-tidy clang-tools
tidy: $(patsubst %.c,$(B)/tidy/%.ok,$(STACK_SRC) $(RIG_SRC) rig/cli/main.c)
$(B)/tidy/%.ok: %.c .clang-tidy | analysers
	$(call say,TIDY,$<)mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- $(STD) $(CPPFLAGS) 2>$@.err || { cat $@.err; exit 1; }
	$(Q)clang $(STD) $(CPPFLAGS) -MM -MP -MT $@ -MF $(@:.ok=.d) $<
	$(Q)rm -f $@.err; touch $@

scan: $(patsubst %.c,$(B)/scan/%.ok,$(STACK_SRC) $(RIG_SRC) rig/cli/main.c)
$(B)/scan/%.ok: %.c | analysers
	$(call say,SCAN,$<)mkdir -p $(@D)
	$(Q)scan-build -o $(B)/scan/report --status-bugs clang $(STD) $(CPPFLAGS) -MMD -MP -MT $@ \
		-c $< -o $(@:.ok=.o) >$@.err 2>&1 || { cat $@.err; exit 1; }
	$(Q)rm -f $@.err; touch $@

valgrind: units
	$(Q)sh tests/valgrind.sh $(B) $(UNIT)

# All tests, with each step and each finding written down (tests/cells/taken.c).
.PHONY: cells rules taken
cells rules: taken
	$(Q)build-cells/tests/cells/report $@ build-cells/taken.txt tests/excused.txt
taken: present
	$(Q)$(MAKE) --no-print-directory -j2 B=build-cells CELLS=1 build-cells/x400rig units replays \
		$(TOOLS:$(B)/%=build-cells/%) build-cells/tests/cells/report
	$(Q)rm -f build-cells/taken.txt
	$(Q)X400RIG_TAKEN=$(CURDIR)/build-cells/taken.txt sh tests/run.sh build-cells
$(B)/tests/cells/report: $(B)/tests/cells/report.o $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^

# Benches print rows; table.py makes one table of them and judges the bars.
# MESSAGES=N, HUGE=OCTETS, BENCH_DIR=a folder on a real disk: see bench_mta.py
BENCH_stack := sh tests/bench/bench.sh $(B)
BENCH_ber := $(B)/tests/bench/bench_ber
BENCH_link := $(B)/tests/bench/bench_link; sh tests/bench/link_netem.sh $(B)
BENCH_mta := python3 tests/bench/bench_mta.py $(B)
BENCH_capture := sh tests/bench/bench_capture.sh $(B)
BENCH_replay := sh tests/bench/bench_replay.sh $(B)
BENCH_runner := sh tests/bench/bench_runner.sh $(B)
BENCH_report := sh tests/bench/bench_report.sh $(B)
BENCH_peers := sh tests/bench/peers.sh $(B)
# CASES=N, LANES=N, FLAT=10000000 for the whole bar of memory
BENCH_fuzz := sh tests/bench/bench_fuzz.sh $(B)
BENCHES := stack ber link mta capture replay runner report peers fuzz
BENCH_PROGRAMS := $(addprefix $(B)/tests/bench/,bare bare_queue bench_memory bench_p1 bench_ber \
	bench_link bench_relay bench_runner)
.PHONY: $(BENCHES:%=bench-%) fuzz-defects
# How cost grows: plots and their table
.PHONY: scaling performance
scaling: build
	$(Q)python3 tests/bench/scaling.py $(B) $(B)/scaling.svg $(B)/scaling.md
performance:
	$(Q)python3 tests/bench/publish.py $(B) docs
# SEEDS="1 2", HEALTHY=N, DEFECTS="ID ...", REAL=1: over sockets
fuzz-defects: build
	$(Q)sh tests/bench/fuzz_defects.sh $(B)
.PHONY: bench-programs
bench-programs: present
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/x400rig $(BENCH_PROGRAMS)
bench: bench-programs
	$(Q){ $(foreach b,$(BENCHES),printf 'part\t$(b)\n'; $(BENCH_$(b));) } | \
		python3 tests/bench/table.py $(B)/bench.md; echo $$? >$(B)/bench.missed
	$(Q)$(MAKE) --no-print-directory scaling
	$(Q)exit $$(cat $(B)/bench.missed)
$(BENCHES:%=bench-%): bench-%: bench-programs
	$(Q){ $(BENCH_$*); } | python3 tests/bench/table.py
$(B)/tests/bench/bare: $(B)/tests/bench/bare.o
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^
$(B)/tests/bench/bare_queue: $(B)/tests/bench/bare_queue.o
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ -lsqlite3
$(B)/tests/bench/bench_%: $(B)/tests/bench/bench_%.o $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: dummies
dummies: build
	$(Q)sh tests/dummies.sh $(B) 40

.PHONY: large defect-logs
defect-logs: build
	$(Q)sh tests/defect_logs.sh $(B) | tee $(B)/defect-logs.txt
	$(Q)! grep '^not ok' $(B)/defect-logs.txt
large: present
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/x400rig $(B)/tests/bench/bare_pcap \
		$(B)/tests/tools/make_event_log
	$(Q)sh tests/large_log.sh $(B)
	$(Q)sh tests/large_capture.sh $(B)
$(B)/tests/bench/bare_pcap: $(B)/tests/bench/bare_pcap.o
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ -lpcap

# The lab MTA killed 1,000 times, in half of them its power too; then the same
# with synchronous=OFF, which must not survive it
.PHONY: kills
kills: present
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/tests/kills/kills
	$(Q)KILLS=1000 sh tests/e2e/kills.sh $(B)
WRAPPED := queue_commit queue_begin queue_end queue_has_gathered queue_open association_secured association_secured_all net_writev
$(B)/tests/kills/kills: $(call obj,$(wildcard tests/kills/*.c)) $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(WRAPPED)) -o $@ $^ $(LDLIBS)
comma := ,

# The program with allocations that can be made to fail (tests/alloc/fail.c)
.PHONY: allocations fresh
allocations: $(B)/x400rig-alloc
	$(Q)sh tests/alloc.sh $(B) $(or $(EVERY),1) $(KIND)
$(B)/x400rig-alloc: $(B)/rig/cli/main.o $(B)/tests/alloc/fail.o $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup \
		-o $@ $^ $(LDLIBS)
fresh:
	$(Q)sh tests/fresh.sh

# Garbage at mta and peer: N connections, LANES at a time
.PHONY: soak
soak: present
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/x400rig $(B)/tests/soak/soak
	$(Q)sh tests/soak.sh $(B) $(or $(N),1000000) $(or $(LANES),256) $(or $(SEED),1)
$(B)/tests/soak/soak: $(B)/tests/soak/soak.o
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^

# Reports as a reader sees them; installs Chromium if there is none
.PHONY: browser
browser: build
	$(Q)command -v chromium >/dev/null || apt-get install -y -q --no-install-recommends chromium
	$(Q)sh tests/browser.sh $(B)

# The catalogue with 20 seeds, and beside busy cores: the same verdicts
.PHONY: flaky
flaky: build
	$(Q)sh tests/flaky.sh $(B) | tee $(B)/flaky.txt
	$(Q)! grep '^not ok' $(B)/flaky.txt

# The catalogue in every mode and dialogue
.PHONY: modes
modes: build
	$(Q)MODES=all sh tests/e2e/target_modes.sh $(B)

# Defects against the catalogue, and faults drawn by a seed
.PHONY: matrix mutate flags replayed
replayed: build
	$(Q)sh tests/e2e/replay_defects.sh $(B) all

matrix: build
	$(Q)sh tests/matrix.sh $(B)
	$(Q)sh tests/catalogue.sh | cmp - docs/catalogue.md || \
		echo "docs/catalogue.md is old: sh tests/catalogue.sh >docs/catalogue.md"
mutate: present
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/x400rig units $(B)/tests/kills/kills
	$(Q)nice -n 19 python3 tests/mutate.py $(B) $(or $(S),1) $(N)
# How a program is made, for tests/mutate.py
flags:
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS)'; echo '$(CC) $(LDFLAGS)'; echo '$(LDLIBS)'; echo '$(WRAPPED)'; echo '$(RELAY_WRAPPED)'

# Fuzz targets, one per decoder, end and reader of files: make fuzz F=session T=60
ENDS := association pair observer capture logs evt signature scenario
# The verbs speak on standard error; a finding is told all the same
FUZZ_QUIET_capture := -close_fd_mask=2
FUZZ_B := $(B)/fuzz$(if $(filter $(ENDS),$(F)),-ends)
fuzz: present
	$(Q)$(MAKE) --no-print-directory -j2 B=$(FUZZ_B) CC=clang \
		FUZZING=$(if $(filter $(ENDS),$(F)),ends,1) $(FUZZ_B)/fuzz_$(F)
	$(Q)mkdir -p $(FUZZ_B)/corpus-$(F) tests/fuzz/corpus/$(F)
	ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=8 $(FUZZ_B)/fuzz_$(F) -entropic=0 \
		-max_total_time=$(or $(T),60) -print_final_stats=1 $(FUZZ_QUIET_$(F)) \
		$(FUZZ_B)/corpus-$(F) tests/fuzz/corpus/$(F)
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LDLIBS)

# The same targets as programs that run files (tests/e2e/fuzz.sh).
REPLAYS := $(patsubst tests/fuzz/fuzz_%.c,$(B)/tests/fuzz/replay_%,$(wildcard tests/fuzz/fuzz_*.c))
replays: $(REPLAYS)
$(B)/tests/fuzz/replay_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o \
		$(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# tests/fuzz/corpus/association anew
.PHONY: seeds
seeds: $(B)/libstack.a
	$(Q)$(CC) $(CPPFLAGS) -DRECORD $(CFLAGS) tests/fuzz/fuzz_pair.c $< -o $(B)/record
	$(Q)$(B)/record tests/fuzz/corpus/association

# captures/ anew; look at what git says has changed
.PHONY: twins
twins: $(B)/tests/tools/make_twins $(B)/x400rig
	$(Q)$< captures
	$(Q)for f in captures/*.pcap captures/*.pcapng; do \
		$(B)/x400rig decode $$f >$${f%.*}.txt; done

PREFIX ?= /usr/local
.PHONY: install uninstall deb
install: build
	$(Q)sh packaging/install.sh $(B) "$(DESTDIR)$(PREFIX)"
uninstall: build
	$(Q)sh packaging/install.sh --remove $(B) "$(DESTDIR)$(PREFIX)"
deb: build
	$(Q)command -v lintian >/dev/null || apt-get install -y -q --no-install-recommends lintian
	$(Q)LATE_LIBS="$(LATE_LIBS)" sh packaging/deb.sh $(B)

# One scenario of each class, each defect of the lab MTA: recorded again
.PHONY: recordings
recordings: build
	$(Q)sh tests/tools/record.sh $(B) captures

clean:
	rm -rf build build-*

-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
