#!/bin/sh
# docs/catalogue.md from the purposes, the scenarios and tests/matrix.txt (what the full
# tests/matrix.sh found):
#
#     tests/catalogue.sh >docs/catalogue.md
set -u

# GROUP/NAME TAB source TAB tags TAB purpose ...
scenarios() {
	for f in rig/catalogue/*/*.scn rig/catalogue/*/*/*.scn; do
		awk '$1 == "scenario" { id = $2 }
			$1 == "serves" { $1 = ""; serves = $0 }
			$1 == "source" { sub(/^ *source *"/, ""); sub(/" *$/, ""); source = $0 }
			$1 == "tags" { tags = $2 }
			END { print id "\t" source "\t" tags "\t" serves }' "$f"
	done
}

scenarios >"${TMPDIR:-/tmp}/scenarios.$$"
trap 'rm -f "${TMPDIR:-/tmp}/scenarios.$$"' EXIT

cat <<'EOF'
# The catalogue

Made by `tests/catalogue.sh`; do not edit. For each test purpose (`rig/catalogue/purposes`): the scenarios that serve it, what they
rest on, the verdict against the healthy lab MTA, and the defects of the lab MTA that make them fail (`tests/matrix.sh`, virtual
time). *skip*: the lab MTA lacks the feature; *soak*: not run by default. What is about the rig itself has a test.

EOF
awk -F'\t' '
	BEGIN {
		# About the rig, not about an MTA: what shows it
		own["RPL-06"] = "tests/e2e/decode.sh, tests/unit/test_capture_streams.c"
		own["PRO-03"] = "the table of AMHS cases below"
	}
	FILENAME ~ /matrix.txt$/ {
		n = split($0, w, " ")
		if (w[1] == "healthy") {
			for (i = 2; i <= n; i++) { split(w[i], v, "="); verdict[v[1]] = v[2] }
		} else {
			for (i = 2; i <= n; i++) defects[w[i]] = defects[w[i]] (defects[w[i]] ? ", " : "") w[1]
		}
		next
	}
	FILENAME ~ /scenarios\.[0-9]+$/ {
		n = split($4, w, " ")
		source[$1] = $2
		if ($3) verdict[$1] = $3
		for (i = 1; i <= n; i++) serve[w[i]] = serve[w[i]] " " $1
		all++
		next
	}
	/^group / {
		title = $0; sub(/^group [^ ]* "/, "", title); sub(/"$/, "", title)
		split($0, g, " ")
		print "## " g[2] ": " title "\n"
		print "| purpose | scenario | rests on | lab MTA | defects that it catches |\n|---|---|---|---|---|"
		begun = 1
	}
	/^purpose / {
		split($0, p, " ")
		purposes++
		if (!serve[p[2]] && own[p[2]]) {
			print "| " p[2] " | *of the rig itself* | " own[p[2]] " | | |"
			selves++
			next
		}
		if (!serve[p[2]]) { print "| " p[2] " | - | | | |"; open = open " " p[2]; left++; next }
		n = split(serve[p[2]], w, " ")
		for (i = 1; i <= n; i++)
			print "| " (i == 1 ? p[2] : "") " | " w[i] " | " source[w[i]] " | " \
				(verdict[w[i]] ? verdict[w[i]] : "pass") " | " defects[w[i]] " |"
	}
	/^$/ { next }
	END { print "\n" all " scenarios; " purposes " purposes, " selves + 0 " of them about the rig itself, " left + 0 " without a scenario" (left ? ":" open : "") "." }
' tests/matrix.txt "${TMPDIR:-/tmp}/scenarios.$$" rig/catalogue/purposes/*.purposes |
	awk '/^## / && NR > 1 { print "" } { print }'
cat <<'EOF'

## AMHS: the 59 cases of EUR Doc 020, Appendix D

The suite tests an AMHS end system from submission to delivery and a gateway to AFTN; transport is its means, not its matter. What
of it lies on the P1 connection is served here; the rest needs a user agent or an AFTN terminal, which this rig is not. Its text was
not at hand. Of the AFI AMHS Manual, Appendix D, which was made of its version 6.0, the numbering is known: case CTgnn is section
4.g.n; so the table goes by group of identifiers, not by each of them.

| cases | about | on the P1 connection | scenarios |
|---|---|---|---|
| CT1nn | submission, transfer and delivery | transfer, priorities, several recipients, addresses | basic/transfer, message/priorities, message/split, profile/amhs-addresses |
| CT2nn | gateway, AFTN to AMHS | what the gateway sends: contents, addresses, reports it asks for | message/content-types, profile/amhs-addresses, report/requests |
| CT3nn | gateway, AMHS to AFTN | what the gateway takes, and its non-delivery reports | basic/report, report/requests, limits/latest |
| CT4nn | special cases: body parts, probes, lists, reports, loops | body part of ISO 8859-1 (CT426), probes, lists, reports, loops | profile/general-text, probe/\*, trace/list, report/\*, trace/own-domain, trace/bounced |
| IT1nn-3nn (Appendix E) | interoperability, loops | a message that bounces between two MTAs | trace/bounced |
| none | teardown, recovery, repeated identifiers, slow links | not tested by the suite | groups TDN, REC, MID, SLO |
EOF
