"use strict";
(function () {
	var root = document.documentElement;
	root.classList.add("scripted");

	/* The table of cases: by verdict, group, text. */
	var verdict = document.getElementById("by-verdict");
	var group = document.getElementById("by-group");
	var words = document.getElementById("by-text");
	var shown = document.getElementById("shown");
	function filter() {
		var n = 0, rows = document.querySelectorAll("#cases tbody tr");
		rows.forEach(function (row) {
			var fits = (!verdict.value || row.dataset.verdict === verdict.value) &&
				(!group.value || row.dataset.group === group.value) &&
				row.textContent.toLowerCase().indexOf(words.value.toLowerCase()) >= 0;
			row.classList.toggle("hidden", !fits);
			n += fits ? 1 : 0;
		});
		shown.textContent = n + " of " + rows.length + " cases";
	}
	if (verdict) {
		[verdict, group, words].forEach(function (e) { e.addEventListener("input", filter); });
		filter();
	}

	/* Layers of ladders. */
	document.querySelectorAll("input[data-hide]").forEach(function (box) {
		box.addEventListener("change", function () {
			document.body.classList.toggle("hide-" + box.dataset.hide, !box.checked);
		});
	});

	/* What a rung says in full. */
	var panel = document.getElementById("panel"), chosen = null;
	function close() {
		if (chosen) chosen.classList.remove("chosen");
		chosen = null;
		panel.classList.remove("open");
	}
	function open(row) {
		var source = document.getElementById(row.dataset.d), again = row === chosen;
		close();
		if (again || !source) return;
		chosen = row;
		row.classList.add("chosen");
		panel.textContent = "";
		panel.appendChild(source.cloneNode(true));
		panel.firstChild.removeAttribute("id");
		panel.firstChild.classList.remove("store");
		panel.classList.add("open");
	}
	document.addEventListener("click", function (e) {
		var row = e.target.closest && e.target.closest("g.row[data-d]");
		if (row) open(row);
	});
	document.addEventListener("keydown", function (e) {
		var row = document.activeElement && document.activeElement.closest("g.row[data-d]");
		if (e.key === "Escape") close();
		if (row && (e.key === "Enter" || e.key === " ")) {
			e.preventDefault();
			open(row);
		}
	});
	document.querySelectorAll("g.row[data-d]").forEach(function (row) {
		row.setAttribute("tabindex", "0");
		row.setAttribute("role", "button");
	});
})();
