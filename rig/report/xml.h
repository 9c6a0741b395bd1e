/*
 * xml: libxml2's writer, for pages and JUnit's XML (late/late.h).
 */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include "late/late.h"

#include <libxml/xmlwriter.h>

#define XML_CALLS(X) \
	X(xml, BufferContent) X(xml, BufferCreate) X(xml, BufferFree) X(xml, BufferLength) \
	X(xml, FreeTextWriter) X(xml, NewTextWriterMemory) X(xml, TextWriterEndAttribute) \
	X(xml, TextWriterEndDocument) X(xml, TextWriterEndElement) X(xml, TextWriterFlush) \
	X(xml, TextWriterFullEndElement) X(xml, TextWriterSetIndent) \
	X(xml, TextWriterStartAttribute) X(xml, TextWriterStartDocument) \
	X(xml, TextWriterStartElement) X(xml, TextWriterWriteAttribute) \
	X(xml, TextWriterWriteFormatAttribute) X(xml, TextWriterWriteFormatString) \
	X(xml, TextWriterWriteRaw) X(xml, TextWriterWriteString)

/* NULL before xml_load(). */
extern struct xml_calls { XML_CALLS(LATE_CALL) } xml;

/* Before the first page or JUnit's XML is written.  false: why. */
bool xml_load(char *why, size_t why_cap);

#endif
