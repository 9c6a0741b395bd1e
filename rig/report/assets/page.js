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

	/* What a rung says in full stands behind its ladder, in a <noscript>: a browser with script
	 * keeps that as text, so that a long page is there at once. */
	var panel = document.getElementById("panel"), chosen = null, stores = new Map();
	function store(row) {
		var figure = row.closest("figure"), kept = stores.get(figure);
		if (!kept) {
			kept = document.createElement("template");
			kept.innerHTML = figure.nextElementSibling.textContent;
			stores.set(figure, kept);
		}
		return kept.content.getElementById(row.getAttribute("href").slice(1));
	}
	function close() {
		if (chosen) chosen.classList.remove("chosen");
		chosen = null;
		panel.classList.remove("open");
		panel.textContent = "";
	}
	function open(row) {
		var source = store(row), copy, button;
		var again = row === chosen;
		close();
		if (again || !source) return;
		chosen = row;
		row.classList.add("chosen");
		copy = document.importNode(source, true);
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

	/* A group of a long ladder is drawn when it is opened, out of its lines of text:
	 * seconds, lane, "->", "<-" or nothing, what. */
	var WIDTH = 1120, ROW = 20;
	function shape(parent, name, attributes, text) {
		var e = document.createElementNS("http://www.w3.org/2000/svg", name);
		Object.keys(attributes).forEach(function (k) { e.setAttribute(k, attributes[k]); });
		if (text !== undefined) e.textContent = text;
		parent.append(e);
		return e;
	}
	function rung(svg, line, top, lanes, mta) {
		var m = /^ *([0-9.-]+) ([0-9]+) (->|<-|  ) (.*)$/.exec(line), from, to, back, y = top + ROW - 4;
		if (!m) return;
		var out = m[3] === "->", pdu = m[3] !== "  ", side = lanes[m[2] - 1];
		var row = shape(svg, "g", { "class": "row " + (!pdu ? "ledger" :
			m[4].indexOf("cotp") >= 0 ? "cotp" : "session") });
		shape(row, "rect", { "class": "band", x: 0, y: top, width: WIDTH, height: ROW });
		shape(row, "text", { "class": "time", x: 84, y: top + 14 }, m[1]);
		if (pdu) {
			from = out ? side : lanes[mta];
			to = out ? lanes[mta] : side;
			back = to > from ? -8 : 8;
			shape(row, "line", { "class": "arrow", x1: from, y1: y, x2: to, y2: y });
			shape(row, "polygon", { "class": "tip", points: to + "," + y + " " + (to + back) +
				"," + (y - 4) + " " + (to + back) + "," + (y + 4) });
		}
		shape(row, "text", { "class": pdu ? "label middle" : "label",
			x: pdu ? (side + lanes[mta]) / 2 : side + 8, y: top + (pdu ? 12 : 14) },
			(pdu ? "" : "\u2709 ") + m[4]);
	}
	function drawGroup(pre) {
		var figure = pre.closest("figure"), lines = pre.textContent.split("\n"), svg, height;
		var lanes = Array.from(figure.querySelectorAll("text.head")).map(function (e) {
			return +e.getAttribute("x");
		});
		pre.parentNode.classList.add("drawn");
		if (!lines[lines.length - 1]) lines.pop();
		height = lines.length * ROW + 4;
		svg = shape(pre.parentNode, "svg", { width: WIDTH, height: height, role: "group",
			"aria-label": "ladder diagram of this group" });
		lanes.forEach(function (x) {
			shape(svg, "line", { "class": "lane", x1: x, y1: 0, x2: x, y2: height });
		});
		lines.forEach(function (line, i) { rung(svg, line, i * ROW, lanes, +figure.dataset.mta); });
	}
	document.addEventListener("toggle", function (e) {
		var pre = e.target.open && e.target.querySelector(":scope > pre.rungs");
		if (pre && !e.target.classList.contains("drawn")) drawGroup(pre);
	}, true);

	/* The strip leads to a block, and opens it. */
	document.addEventListener("click", function (e) {
		var piece = e.target.closest && e.target.closest("a.piece"), to;
		to = piece && document.getElementById(piece.getAttribute("href").slice(1));
		if (!to) return;
		e.preventDefault();
		if (to.localName === "details") {
			to.open = true;
			to.querySelector("summary").focus();
		}
		to.scrollIntoView({ block: "center" });
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
