#ifndef KV_CURL_SHIM_H
#define KV_CURL_SHIM_H

/* What Swift can't import from libcurl itself: variadic functions, one shim per
   argument type, and the callbacks of an allocator. Nothing here decides anything. */

#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#pragma clang assume_nonnull begin

static inline CURLcode kv_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kv_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kv_curl_set_string(
    CURL *easy, CURLoption option, const char *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kv_curl_set_pointer(
    CURL *easy, CURLoption option, const void *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kv_curl_set_list(
    CURL *easy, CURLoption option, struct curl_slist *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode kv_curl_set_writer(
    CURL *easy, CURLoption option,
    size_t (*writer)(char *bytes, size_t size, size_t count, void *_Nullable context)) {
    return curl_easy_setopt(easy, option, writer);
}

static inline CURLcode kv_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode kv_curl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode kv_curl_get_string(
    CURL *easy, CURLINFO info, const char *_Nullable *_Nonnull value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode kv_curl_get_pointer(
    CURL *easy, CURLINFO info, void *_Nullable *_Nonnull value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode kv_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/* The easy handle and the result of a finished transfer: the members of a C union,
   which Swift reads only with a layout assumption. */
static inline CURL *_Nullable kv_curl_message_easy(const CURLMsg *message) {
    return message->easy_handle;
}

static inline CURLcode kv_curl_message_result(const CURLMsg *message) {
    return message->data.result;
}

/* An allocator that overwrites what it frees. libcurl keeps request headers, request bodies
   and received bytes in buffers of its own and hands them back as they are. OpenSSL's record
   buffer and nghttp2's header table are not reached by it: while a connection stands, and in
   memory freed after it, they can still hold the last record and a token. */
static inline void kv_wiping_free(void *_Nullable memory) {
    if (memory) {
        explicit_bzero(memory, malloc_usable_size(memory));
        free(memory);
    }
}

static inline void *_Nullable kv_wiping_realloc(void *_Nullable memory, size_t size) {
    void *grown = malloc(size ? size : 1);
    if (grown && memory) {
        size_t held = malloc_usable_size(memory);
        memcpy(grown, memory, held < size ? held : size);
        kv_wiping_free(memory);
    }
    return grown;
}

static inline CURLcode kv_curl_global_init(void) {
    return curl_global_init_mem(
        CURL_GLOBAL_DEFAULT, malloc, kv_wiping_free, kv_wiping_realloc, strdup, calloc);
}

/* What `top -H` calls the calling thread; at most 15 bytes count. */
static inline void kv_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

#pragma clang assume_nonnull end

#endif
