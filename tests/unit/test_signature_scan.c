/* The words of all rows in one pass: beside a search for each word by itself. */
#include "judge/signature_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

enum { WORDS = 40, TEXT = 97, SETS = 20, ROUNDS = 150 };

static uint32_t random_state = 1;

static uint32_t drawn(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/* Few letters, so that words overlap, begin alike and are in each other. */
static size_t make(char *out, size_t n, const char *letters)
{
	for (size_t i = 0; i < n; i++)
		out[i] = letters[drawn((uint32_t)strlen(letters))];
	out[n] = '\0';
	return n;
}

static unsigned counted[WORDS + 1];
static unsigned left;

static bool count(void *ctx, uint16_t id)
{
	(void)ctx;
	counted[id]++;
	return left-- != 1;
}

static unsigned occurrences(const char *word, const char *text)
{
	size_t n = strlen(word) < SCAN_WORD_MAX ? strlen(word) : SCAN_WORD_MAX;
	unsigned found = 0;

	for (; strlen(text) >= n; text++)
		found += strncasecmp(text, word, n) == 0;
	return found;
}

static void each_word_is_told_once_for_each_place(void **state)
{
	static char words[WORDS][SCAN_WORD_MAX + 8];
	unsigned found = 0;

	(void)state;
	for (unsigned set = 0; set < SETS; set++) {
		struct scan s = { 0 };

		for (uint16_t i = 0; i < WORDS; i++) {
			size_t n = SCAN_WORD_MIN + drawn(i % 8 ? 3 : SCAN_WORD_MAX);

			make(words[i], n, i % 2 ? "ab" : "aB1");
			assert_true(scan_add(&s, words[i], n, (uint16_t)(i + 1)));
		}
		assert_true(scan_ready(&s));
		for (unsigned round = 0; round < ROUNDS; round++) {
			/* On the heap, to the octet: what is read behind it is noticed. */
			size_t n = drawn(TEXT);
			char *text = malloc(n + 1), *exact = malloc(n + !n);

			assert_true(text && exact);
			make(text, n, round % 2 ? "Ab" : "aAb1.");
			memcpy(exact, text, n);
			memset(counted, 0, sizeof counted);
			left = 0;
			assert_true(scan_text(&s, exact, n, count, NULL));
			for (size_t i = 0; i < WORDS; i++) {
				assert_int_equal(counted[i + 1], occurrences(words[i], text));
				found += counted[i + 1];
			}
			free(exact);
			free(text);
		}
		scan_free(&s);
	}
	assert_in_range(found, 10000, UINT32_MAX);
}

static void a_scan_stops_when_told(void **state)
{
	struct scan s = { 0 };

	(void)state;
	assert_true(scan_ready(&s));
	assert_true(scan_text(&s, "any text", 8, count, NULL));
	scan_free(&s);
	assert_false(scan_add(&s, "four", 4, 1));
	assert_true(scan_add(&s, "Words", 5, 1));
	assert_true(scan_ready(&s));
	memset(counted, 0, sizeof counted);
	left = 2;
	assert_false(scan_text(&s, "words, wORDS, WORDS", 19, count, NULL));
	assert_int_equal(counted[1], 2);
	left = 4;
	assert_true(scan_text(&s, "words, wORDS, WORDS", 19, count, NULL));
	assert_int_equal(counted[1], 5);
	assert_true(scan_text(&s, "words, wORDS, WORDS", 4, count, NULL));
	scan_free(&s);
}

static void the_words_of_an_expression(void **state)
{
	static const struct {
		const char *expression;
		const char *words[3];
	} all[] = {
		{ "Bad LPIs in message", { "Bad LPIs in message" } },
		{ "decode failure.*Node label:? Pusep|Pusep", { "failure", "Pusep" } },
		{ "recogni[sz]e it|(one|two) semaphores?", { "recogni", "semaphore" } },
		{ "colou?red [^a]b", { NULL } },
		{ "abcdefg{2}h", { "abcdef" } },
		{ "gone|abcdef", { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct scan_span words[3];
		size_t n = scan_words_of(all[i].expression, words, 3), want = 0;

		while (want < 3 && all[i].words[want])
			want++;
		assert_int_equal(n, want);
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(words[k].n, strlen(all[i].words[k]));
			assert_memory_equal(words[k].p, all[i].words[k], words[k].n);
		}
	}
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(each_word_is_told_once_for_each_place),
		cmocka_unit_test(a_scan_stops_when_told),
		cmocka_unit_test(the_words_of_an_expression),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
