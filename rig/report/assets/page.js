"use strict";
(function () {
	var root = document.documentElement;
	root.classList.add("scripted");

	/* The table of cases: by verdict, group, text. */
	var verdict = document.getElementById("by-verdict");
	var group = document.getElementById("by-group");
	var words = document.getElementById("by-text");
	var purpose = document.getElementById("by-purpose");
	function holds(text, field) {
		return text.toLowerCase().indexOf(field.value.trim().toLowerCase()) >= 0;
	}
	var shown = document.getElementById("shown");
	function filter() {
		var n = 0, rows = document.querySelectorAll("#cases tbody tr");
		rows.forEach(function (row) {
			var fits = (!verdict.value || row.dataset.verdict === verdict.value) &&
				(!group.value || row.dataset.group === group.value) &&
				holds(row.cells[3].textContent, purpose) && holds(row.textContent, words);
			row.classList.toggle("hidden", !fits);
			n += fits ? 1 : 0;
		});
		shown.textContent = n + " of " + rows.length + " cases";
	}
	if (verdict) {
		[verdict, group, purpose, words].forEach(function (e) { e.addEventListener("input", filter); });
		filter();
	}

	/* Layers of ladders. */
	document.querySelectorAll("input[data-hide]").forEach(function (box) {
		box.addEventListener("change", function () {
			document.body.classList.toggle("hide-" + box.dataset.hide, !box.checked);
		});
	});

	/* Octets of a PDU: a span each, in the columns of hexadecimal and of characters. */
	function split(pre) {
		var spans = [], at = 0;
		pre.textContent.split("\n").forEach(function (line, i, all) {
			var n = Math.min(16, line.slice(6, 54).trim().split(/ +/).length), cells = [];
			function cell(text) {
				var e = document.createElement("span");
				e.textContent = text;
				cells.push(e);
				return e;
			}
			if (i === 0) pre.textContent = "";
			pre.append(line.slice(0, 6));
			for (var k = 0; k < n; k++) {
				pre.append(cell(line.slice(6 + 3 * k, 8 + 3 * k)), " ");
			}
			pre.append(line.slice(6 + 3 * n, 55));
			for (k = 0; k < n; k++) {
				pre.append(cell(line.charAt(55 + k)));
				spans[at + k] = [cells[k], cells[n + k]];
				cells[k].dataset.at = cells[n + k].dataset.at = at + k;
			}
			at += n;
			if (i < all.length - 1) pre.append("\n");
		});
		return spans;
	}

	/* Fields light up their octets, octets their innermost field. */
	function connect(pdu) {
		var pre = pdu.querySelector("pre.octets"), pinned = null;
		var rows = pdu.querySelectorAll("tr[data-o]"), spans = pre ? split(pre) : [];
		function light(row) {
			pdu.querySelectorAll(".lit").forEach(function (e) { e.classList.remove("lit"); });
			if (!row) return;
			var where = row.dataset.o.split(" "), from = +where[0], to = from + +where[1];
			row.classList.add("lit");
			for (var i = from; i < to && i < spans.length; i++)
				spans[i].forEach(function (e) { e.classList.add("lit"); });
		}
		function pin(row) {
			if (pinned) pinned.removeAttribute("aria-pressed");
			pinned = row === pinned ? null : row;
			if (pinned) pinned.setAttribute("aria-pressed", "true");
			light(pinned);
		}
		rows.forEach(function (row) {
			row.tabIndex = 0;
			row.addEventListener("mouseenter", function () { light(row); });
			row.addEventListener("focus", function () { light(row); });
			row.addEventListener("mouseleave", function () { light(pinned); });
			row.addEventListener("blur", function () { light(pinned); });
			row.addEventListener("click", function () { pin(row); });
			row.addEventListener("keydown", function (e) {
				if (e.key === "Enter" || e.key === " ") {
					e.preventDefault();
					pin(row);
				}
			});
		});
		if (pre) pre.addEventListener("mouseover", function (e) {
			var at = e.target.dataset.at, best = null, size = Infinity;
			if (at === undefined) return;
			rows.forEach(function (row) {
				var w = row.dataset.o.split(" ");
				if (+at >= +w[0] && +at < +w[0] + +w[1] && +w[1] < size) {
					best = row;
					size = +w[1];
				}
			});
			light(best);
		});
		if (pre) pre.addEventListener("mouseleave", function () { light(pinned); });
	}

	/* What a rung says in full. */
	var panel = document.getElementById("panel"), chosen = null;
	function close() {
		if (chosen) chosen.classList.remove("chosen");
		chosen = null;
		panel.classList.remove("open");
		panel.textContent = "";
	}
	function open(row) {
		var source = document.getElementById(row.getAttribute("href").slice(1)), copy, button;
		var again = row === chosen;
		close();
		if (again || !source) return;
		chosen = row;
		row.classList.add("chosen");
		copy = source.cloneNode(true);
		copy.removeAttribute("id");
		button = document.createElement("button");
		button.textContent = "close (Esc)";
		button.className = "close";
		button.addEventListener("click", function () {
			var back = chosen;
			close();
			if (back) back.focus();
		});
		panel.append(button, copy);
		panel.classList.add("open");
		panel.scrollTop = 0;
		copy.querySelectorAll(".pdu").forEach(connect);
	}
	document.addEventListener("click", function (e) {
		var row = e.target.closest && e.target.closest("a.row");
		if (!row) return;
		e.preventDefault();
		open(row);
	});

	/* The next thing of its kind that is shown. */
	function step(from, selector, by) {
		var all = Array.from(document.querySelectorAll(selector)).filter(function (e) {
			return e.getClientRects().length > 0;
		});
		var next = all[all.indexOf(from) + by];
		if (next) {
			next.focus();
			next.scrollIntoView({ block: "nearest" });
		}
		return next;
	}
	document.addEventListener("keydown", function (e) {
		var here = document.activeElement, row = here && here.closest("a.row");
		var field = here && here.closest(".panel tr[data-o]");
		var by = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0, next, was = chosen;
		if (e.key === "Escape" && was) {
			close();
			was.focus();
		} else if (row && (e.key === "Enter" || e.key === " ")) {
			e.preventDefault();
			open(row);
		} else if (row && e.key === "ArrowRight" && chosen === row) {
			e.preventDefault();
			next = panel.querySelector("tr[data-o]");
			if (next) next.focus();
		} else if (field && e.key === "ArrowLeft" && chosen) {
			e.preventDefault();
			chosen.focus();
		} else if (by && field) {
			e.preventDefault();
			step(field, ".panel tr[data-o]", by);
		} else if (by && row) {
			e.preventDefault();
			next = step(row, "a.row", by);
			if (next && was) open(next);
		}
	});
})();
