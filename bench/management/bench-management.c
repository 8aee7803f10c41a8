/* Trireme's WMI client API against what it stands on: /proc read by hand, SQLite asked by itself. Prints "name value unit"
 * lines; run.py makes the table.
 *   bench-management WORK_FOLDER RUNS [PART...]     PART: process repository connect poll */
#define COBJMACROS
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <wbemcli.h>

#include "measure.h"

enum { MAX_RUNS = 200, SLEEPERS = 2000, INSTANCES = 10000, POINTS = 2000, PUTS = 200, POLLS = 1000000 };

static IWbemServices *services;
static IWbemLocator *locator;

static void good(HRESULT hr, const char *what)
{
    if (hr < 0) {
        fprintf(stderr, "benchmark: %s: %#x\n", what, (unsigned)hr);
        exit(1);
    }
}

static BSTR bstr(const char *text)
{
    OLECHAR units[512];
    size_t count = 0;
    while (text[count] && count < sizeof units / sizeof *units)
        units[count] = (OLECHAR)text[count], count++;
    return SysAllocStringLen(units, (UINT)count);
}

static void connect_namespace(void)
{
    static BSTR root;
    if (!root)
        root = bstr("root\\cimv2");
    good(IWbemLocator_ConnectServer(locator, root, NULL, NULL, NULL, 0, NULL, NULL, &services), "ConnectServer");
}

/* Reads a query to its end as clients do, and the values of a property or two. Returns how many rows came. */
static size_t ask(BSTR text, LONG flags, const OLECHAR *first, const OLECHAR *second)
{
    static BSTR wql;
    IEnumWbemClassObject *rows;
    IWbemClassObject *batch[64];
    ULONG got = 0;
    size_t count = 0;
    if (!wql)
        wql = bstr("WQL");
    good(IWbemServices_ExecQuery(services, wql, text, flags, NULL, &rows), "ExecQuery");
    HRESULT hr;
    do {
        good(hr = IEnumWbemClassObject_Next(rows, (LONG)WBEM_INFINITE, 64, batch, &got), "Next");
        for (ULONG i = 0; i < got; i++) {
            const OLECHAR *names[] = {first, second};
            for (size_t k = 0; k < 2 && names[k]; k++) {
                VARIANT value;
                good(IWbemClassObject_Get(batch[i], names[k], 0, &value, NULL, NULL), "Get");
                VariantClear(&value);
            }
            IWbemClassObject_Release(batch[i]);
        }
        count += got;
    } while (hr != WBEM_S_FALSE);
    IEnumWbemClassObject_Release(rows);
    return count;
}

/* ---- D1, D2, D3: processes ---- */

static int proc_fd;
static volatile uint64_t sink;

static void slurp(int folder, const char *name)
{
    static char buffer[65536];
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t got = read(fd, buffer, sizeof buffer);
    sink += got > 0 ? (uint64_t)got : 0;
    close(fd);
}

static void read_process(const char *pid)
{
    char link[PATH_MAX];
    int folder = openat(proc_fd, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    slurp(folder, "stat");
    slurp(folder, "status");
    slurp(folder, "cmdline");
    sink += readlinkat(folder, "exe", link, sizeof link) > 0;
    close(folder);
}

static size_t read_processes(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            read_process(entry->d_name), count++;
    closedir(folder);
    return count;
}

static pid_t sleepers[SLEEPERS];

static void start_sleepers(void)
{
    for (size_t i = 0; i < SLEEPERS; i++) {
        sleepers[i] = fork();
        if (sleepers[i] < 0)
            die("fork");
        if (sleepers[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
    }
}

static void stop_sleepers(void)
{
    for (size_t i = 0; i < SLEEPERS; i++)
        kill(sleepers[i], SIGKILL);
    for (size_t i = 0; i < SLEEPERS; i++)
        reap(sleepers[i]);
}

static void bench_process(int runs)
{
    double raw[MAX_RUNS], all[MAX_RUNS], two[MAX_RUNS], one[MAX_RUNS];
    BSTR everything = bstr("SELECT * FROM Win32_Process"), columns = bstr("SELECT Name, ProcessId FROM Win32_Process");
    char *single = text("SELECT * FROM Win32_Process WHERE ProcessId = %d", (int)sleepers[SLEEPERS / 2]);
    BSTR by_id = bstr(single);
    if ((proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        die("/proc");
    for (int run = 0; run < runs; run++) {
        uint64_t begin = now_ns();
        size_t there = read_processes();
        raw[run] = since_us(begin);
        begin = now_ns();
        size_t whole = ask(everything, 0x30, u"Name", u"CommandLine");
        all[run] = since_us(begin);
        begin = now_ns();
        size_t narrow = ask(columns, 0x30, u"Name", u"ProcessId");
        two[run] = since_us(begin);
        if (whole + 20 < there || narrow + 20 < there) {
            fprintf(stderr, "benchmark: of %zu processes %zu and %zu were told\n", there, whole, narrow);
            exit(1);
        }
        begin = now_ns();
        for (int i = 0; i < 50; i++)
            if (ask(by_id, 0x30, u"Name", u"CommandLine") != 1)
                die("one process");
        one[run] = since_us(begin) / 50;
    }
    emit("process.raw", raw, (size_t)runs, "us");
    emit("process.all", all, (size_t)runs, "us");
    emit("process.two", two, (size_t)runs, "us");
    emit("process.one", one, (size_t)runs, "us");
    SysFreeString(everything);
    SysFreeString(columns);
    SysFreeString(by_id);
    free(single);
    close(proc_fd);
}

/* ---- D5, D6, D7: the repository, and the same rows in a SQLite file of our own, in the same mode ---- */

#define PROPERTIES_TEXT "Loads files to memory for later printing"

static sqlite3 *db;

static void sql(const char *statement)
{
    if (sqlite3_exec(db, statement, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "benchmark: %s: %s\n", statement, sqlite3_errmsg(db));
        exit(1);
    }
}

static sqlite3_stmt *prepare(const char *statement)
{
    sqlite3_stmt *prepared;
    if (sqlite3_prepare_v3(db, statement, -1, SQLITE_PREPARE_PERSISTENT, &prepared, NULL) != SQLITE_OK) {
        fprintf(stderr, "benchmark: %s: %s\n", statement, sqlite3_errmsg(db));
        exit(1);
    }
    return prepared;
}

static const char peer_properties[] = "{\"Caption\":\"Print Spooler\",\"Description\":\"" PROPERTIES_TEXT
                                      "\",\"StartMode\":\"Auto\",\"State\":\"Running\",\"ExitCode\":0,\"AcceptStop\":true}";

static void peer_insert(sqlite3_stmt *insert, long i)
{
    char key[64], name[32];
    int length = snprintf(key, sizeof key, "Bench_Service.Name=\"svc%06ld\"", i);
    int name_length = snprintf(name, sizeof name, "svc%06ld", i);
    sqlite3_bind_text(insert, 1, key, length, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert, 2, i % 7);
    sqlite3_bind_text(insert, 3, name, name_length, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert, 4, i);
    sqlite3_bind_text(insert, 5, peer_properties, sizeof peer_properties - 1, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE)
        die("insert");
    sqlite3_reset(insert);
}

static void peer_open(void)
{
    char *path = text("%s/peer.db", getenv("BENCH_WORK"));
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die(path);
    sql("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    sql("CREATE TABLE IF NOT EXISTS inst(key TEXT PRIMARY KEY, class INTEGER, name TEXT, num INTEGER, props TEXT)"
        "WITHOUT ROWID; CREATE INDEX IF NOT EXISTS inst_class ON inst(class)");
    free(path);
}

static void compile(const char *mof, size_t size)
{
    IMofCompiler *compiler;
    WBEM_COMPILE_STATUS_INFO info = {0};
    good(CoCreateInstance(&CLSID_MofCompiler, NULL, CLSCTX_INPROC_SERVER, &IID_IMofCompiler, (void **)&compiler),
         "MofCompiler");
    good(IMofCompiler_CompileBuffer(compiler, (LONG)size, (BYTE *)mof, NULL, NULL, NULL, NULL, 0, 0, 0, &info), "mof");
    good(info.hRes, "mof");
    IMofCompiler_Release(compiler);
}

static void fill(void)
{
    char *mof = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&mof, &size);
    fputs("#pragma namespace(\"\\\\\\\\.\\\\root\\\\cimv2\")\nclass Bench_Service {\n[key] string Name; uint32 Number; string "
          "Caption; string Description; string StartMode; string State; uint32 ExitCode; boolean AcceptStop; };\n",
          stream);
    sqlite3_stmt *insert = prepare("INSERT INTO inst VALUES(?,?,?,?,?)");
    sql("BEGIN");
    for (long i = 0; i < INSTANCES; i++) {
        fprintf(stream,
                "instance of Bench_Service { Name = \"svc%06ld\"; Number = %ld; Caption = \"Print Spooler\"; Description = "
                "\"" PROPERTIES_TEXT "\"; StartMode = \"Auto\"; State = \"Running\"; ExitCode = 0; AcceptStop = TRUE; };\n",
                i, i);
        peer_insert(insert, i);
    }
    sql("COMMIT");
    sqlite3_finalize(insert);
    fclose(stream);
    compile(mof, size);
    free(mof);
}

static uint64_t random_state = 88172645463325252ull;

static long random_row(void)
{
    random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
    return (long)(random_state % INSTANCES);
}

static double points_of_ours(void)
{
    char query[96];
    uint64_t begin = now_ns();
    for (int i = 0; i < POINTS; i++) {
        int length = snprintf(query, sizeof query, "SELECT * FROM Bench_Service WHERE Name = 'svc%06ld'", random_row());
        OLECHAR units[96];
        for (int k = 0; k < length; k++)
            units[k] = (OLECHAR)query[k];
        BSTR wide = SysAllocStringLen(units, (UINT)length);
        if (ask(wide, 0, u"Number", NULL) != 1)
            die("point");
        SysFreeString(wide);
    }
    return since_us(begin) / POINTS;
}

static double points_of_peer(sqlite3_stmt *point)
{
    char key[64];
    uint64_t begin = now_ns();
    for (int i = 0; i < POINTS; i++) {
        int length = snprintf(key, sizeof key, "Bench_Service.Name=\"svc%06ld\"", random_row());
        sqlite3_bind_text(point, 1, key, length, SQLITE_STATIC);
        if (sqlite3_step(point) != SQLITE_ROW)
            die("peer's point");
        sink += (uint64_t)sqlite3_column_int64(point, 2) + (uint64_t)sqlite3_column_bytes(point, 3);
        sqlite3_reset(point);
    }
    return since_us(begin) / POINTS;
}

static double scan_of_peer(sqlite3_stmt *scan)
{
    size_t count = 0;
    uint64_t begin = now_ns();
    while (sqlite3_step(scan) == SQLITE_ROW) {
        for (int column = 0; column < 5; column++)
            sink += (uint64_t)sqlite3_column_bytes(scan, column);
        count++;
    }
    sqlite3_reset(scan);
    if (count < INSTANCES)
        die("peer's scan");
    return since_us(begin);
}

static IWbemClassObject *new_instance(IWbemClassObject *class_object, int number)
{
    IWbemClassObject *instance;
    VARIANT value;
    char *name = text("new%06d", number);
    good(IWbemClassObject_SpawnInstance(class_object, 0, &instance), "SpawnInstance");
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = bstr(name);
    good(IWbemClassObject_Put(instance, u"Name", 0, &value, 0), "Put");
    VariantClear(&value);
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = bstr(PROPERTIES_TEXT);
    good(IWbemClassObject_Put(instance, u"Description", 0, &value, 0), "Put");
    VariantClear(&value);
    free(name);
    return instance;
}

/* Ours and the peer's in turn, so that both see the same disk. */
static void put(IWbemClassObject *class_object, sqlite3_stmt *insert, int run, double *ret_ours, double *ret_peer)
{
    uint64_t ours = 0, peer = 0;
    for (int i = 0; i < PUTS; i++) {
        IWbemClassObject *instance = new_instance(class_object, run * PUTS + i);
        uint64_t begin = now_ns();
        good(IWbemServices_PutInstance(services, instance, 0, NULL, NULL), "PutInstance");
        ours += now_ns() - begin;
        IWbemClassObject_Release(instance);
        begin = now_ns();
        peer_insert(insert, INSTANCES + run * PUTS + i);
        peer += now_ns() - begin;
    }
    *ret_ours = (double)ours / 1e3 / PUTS;
    *ret_peer = (double)peer / 1e3 / PUTS;
}

static void bench_repository(int runs)
{
    double values[7][MAX_RUNS];
    BSTR everything = bstr("SELECT * FROM Bench_Service"), name = bstr("Bench_Service");
    IWbemClassObject *class_object;
    peer_open();
    fill();
    sqlite3_stmt *point = prepare("SELECT class,name,num,props FROM inst WHERE key=?"),
                 *scan = prepare("SELECT key,class,name,num,props FROM inst"),
                 *insert = prepare("INSERT INTO inst VALUES(?,?,?,?,?)");
    good(IWbemServices_GetObject(services, name, 0, NULL, &class_object, NULL), "GetObject");
    for (int run = 0; run < runs; run++) {
        values[0][run] = points_of_ours();
        values[1][run] = points_of_peer(point);
        uint64_t begin = now_ns();
        if (ask(everything, WBEM_FLAG_FORWARD_ONLY, NULL, NULL) < INSTANCES)
            die("scan");
        values[2][run] = since_us(begin);
        begin = now_ns();
        if (ask(everything, 0x30, NULL, NULL) < INSTANCES)
            die("scan");
        values[6][run] = since_us(begin);
        values[3][run] = scan_of_peer(scan);
        put(class_object, insert, run, &values[4][run], &values[5][run]);
    }
    static const char *const names[] = {"point.ours", "point.sqlite", "scan.ours", "scan.sqlite", "put.ours", "put.sqlite",
                                        "scan_through.ours"};
    for (size_t i = 0; i < 7; i++)
        emit(names[i], values[i], (size_t)runs, "us");
    sqlite3_finalize(point);
    sqlite3_finalize(scan);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    IWbemClassObject_Release(class_object);
    SysFreeString(everything);
    SysFreeString(name);
}

/* ---- D8: connecting, against opening a SQLite file and asking one question ---- */

static void bench_connect(int runs)
{
    double ours[MAX_RUNS], theirs[MAX_RUNS];
    for (int run = 0; run < runs; run++) {
        uint64_t begin = now_ns();
        IWbemServices *kept = services;
        connect_namespace();
        ours[run] = since_us(begin);
        IWbemServices_Release(services);
        services = kept;
        begin = now_ns();
        peer_open();
        sqlite3_stmt *one = prepare("SELECT count(*) FROM inst WHERE key='none'");
        if (sqlite3_step(one) != SQLITE_ROW)
            die("peer's question");
        sqlite3_finalize(one);
        sqlite3_close(db);
        theirs[run] = since_us(begin);
    }
    emit("connect.ours", ours, (size_t)runs, "us");
    emit("connect.sqlite", theirs, (size_t)runs, "us");
}

/* ---- GetCallStatus(0) ---- */

static void bench_poll(int runs)
{
    double done[MAX_RUNS];
    IWbemCallResult *result;
    IWbemClassObject *object = NULL;
    BSTR name = bstr("Win32_Process");
    LONG status;
    good(IWbemServices_GetObject(services, name, WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL, &result), "GetObject");
    good(IWbemCallResult_GetResultObject(result, (LONG)WBEM_INFINITE, &object), "GetResultObject");
    for (int run = 0; run < runs; run++) {
        uint64_t begin = now_ns();
        for (int i = 0; i < POLLS; i++)
            good(IWbemCallResult_GetCallStatus(result, 0, &status), "GetCallStatus");
        done[run] = (double)(now_ns() - begin) / POLLS;
    }
    emit("poll.done", done, (size_t)runs, "ns");
    IWbemClassObject_Release(object);
    IWbemCallResult_Release(result);
    SysFreeString(name);
}

static bool wants(int argc, char **argv, const char *part)
{
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], part) == 0)
            return true;
    return argc <= 3;
}

int main(int argc, char **argv)
{
    int runs = argc > 2 ? atoi(argv[2]) : 0;
    if (runs < 1 || runs > MAX_RUNS) {
        fprintf(stderr, "usage: bench-management WORK_FOLDER RUNS [PART...]\n");
        return 2;
    }
    setenv("BENCH_WORK", argv[1], 1);
    if (wants(argc, argv, "process"))
        start_sleepers(); /* before the library has threads */
    good(CoInitializeEx(NULL, COINIT_MULTITHREADED), "CoInitializeEx");
    good(CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator), "locator");
    connect_namespace();
    if (wants(argc, argv, "process")) {
        bench_process(runs);
        stop_sleepers();
    }
    if (wants(argc, argv, "repository"))
        bench_repository(runs);
    if (wants(argc, argv, "connect"))
        bench_connect(runs);
    if (wants(argc, argv, "poll"))
        bench_poll(runs < 5 ? runs : 5);
    IWbemServices_Release(services);
    IWbemLocator_Release(locator);
    CoUninitialize();
    return 0;
}
