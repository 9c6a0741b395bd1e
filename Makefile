# x400rig.  Targets:
#   make            build/x400rig
#   make deps       install what is missing (Debian, needs root)
#   make demo       build, run the scenarios against the healthy lab MTA and each defect
#   make check      build and run all tests
#   make ci         check, plus sanitizers, clang, static analysis, coverage floor
#   make tiny       the unit tests with every limit tiny
#   make bench      ratios against bare baselines
#   make clean
# Variables: CC, B (build folder), SAN=1 (ASan and UBSan), V=1 (show commands)

B ?= build
CC ?= gcc
STD := -std=c11 -D_GNU_SOURCE
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
OPT ?= -O2 -g
CPPFLAGS += -Istack -Irig
CFLAGS += $(STD) $(WARN) $(OPT) -MMD -MP
LDLIBS := -lpcap -lsqlite3 -lpcre2-8 -lxxhash -lcrypto -lssl -lxml2 -lz
ifdef SAN
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS += -fsanitize=address,undefined
endif
ifdef TINY
CPPFLAGS += -DTEST_TINY
endif
ifdef COV
OPT := -O0 -g --coverage
LDFLAGS += --coverage
endif
ifndef V
Q := @
say = @echo '  $(1)	$(2)';
endif

STACK_SRC := $(wildcard stack/*/*.c)
RIG_SRC := $(filter-out rig/cli/main.c,$(wildcard rig/*/*.c))
UNIT_SRC := $(wildcard tests/unit/test_*.c)
TEST_LIB_SRC := $(wildcard tests/lib/*.c)
obj = $(patsubst %.c,$(B)/%.o,$(1))
UNITS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(UNIT_SRC))

.PHONY: all build deps demo check ci tiny bench cov clean units san clang
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
$(B)/librig.a: $(call obj,$(RIG_SRC))
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

$(B)/x400rig: $(B)/rig/cli/main.o $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(call obj,$(TEST_LIB_SRC)) $(B)/librig.a $(B)/libstack.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
.SECONDARY:

units: $(UNITS)

# --- using and testing ------------------------------------------------------
demo: build
	$(Q)sh tests/demo.sh $(B)

check: present
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/x400rig units
	$(Q)sh tests/includes.sh
	$(Q)sh tests/run.sh $(B)

clean:
	rm -rf build build-*

-include $(shell find $(B) -name '*.d' 2>/dev/null)
