/* The sentence behind a failing HRESULT: what GetErrorInfo hands to the client on the thread that made the call. */
#ifndef TRI_COM_ERRORINFO_H
#define TRI_COM_ERRORINFO_H

/* Sets this thread's error information: who failed ("IVdsPack::AddDisk") and one sentence, both UTF-8 and copied;
 * source may be NULL. Replaces what was there. text NULL, or no memory: there is none from then on. */
void tri_com_set_error(const char *source, const char *text_utf8);

#endif
