#!/bin/sh
# Prints the page's style and script as C arrays:  sh embed.sh FOLDER
embed() {	# variable, file
	printf 'const char %s[] = {\n' "$1"
	od -An -v -td1 "$2" | sed 's/  *\(-*[0-9][0-9]*\)/ \1,/g'
	printf ' 0 };\n'
}
echo '/* Made by rig/report/assets/embed.sh. */'
echo 'extern const char page_style[], page_script[];'
embed page_style "$1/page.css"
embed page_script "$1/page.js"
