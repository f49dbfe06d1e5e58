//! Knows when the process is a child that was forked with our state in its memory.
//!
//! A forked child has a copy of everything but the threads: queues whose worker is gone, locks that another thread held,
//! sockets that belong to the parent. `os.register_at_fork` is no cure, since uWSGI forks in C and never runs those
//! hooks. So one page of memory is marked [`MADV_WIPEONFORK`]: the kernel gives every child a page of zeroes, whoever
//! called `fork`, and looking at it costs one load.
//!
//! [`MADV_WIPEONFORK`]: https://man7.org/linux/man-pages/man2/madvise.2.html

#![expect(
    unsafe_code,
    reason = "a page shared with the kernel, values that must outlive a fork untouched, and a hook that runs at it"
)]

use std::marker::PhantomData;
use std::os::fd::RawFd;
use std::ptr;
#[cfg(target_os = "linux")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, Ordering};

use nix::libc;

/// The number of this process among its forked ancestors that asked: it differs between a parent and its children.
pub fn generation() -> u64 {
    let Some(page) = page() else {
        return u64::from(std::process::id());
    };
    match page.load(Ordering::Acquire) {
        0 => {
            // The page was wiped (or is new). The counter is ordinary memory, copied by the fork, so it goes on from
            // the parent's. Two threads of the child may race here: the first to write wins, both read the same.
            static LAST: AtomicU64 = AtomicU64::new(0);
            let next = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            match page.compare_exchange(0, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => next,
                Err(theirs) => theirs,
            }
        }
        generation => generation,
    }
}

/// The page, where there is one. Without it the process id stands in: slower, but a fork never goes unnoticed.
#[cfg(target_os = "linux")]
fn page() -> Option<&'static AtomicU64> {
    static PAGE: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();
    // No page to be had: a kernel before 4.14, a sandbox that does not know the advice, or no memory.
    *PAGE.get_or_init(map_wiped_page)
}

#[cfg(target_os = "linux")]
fn map_wiped_page() -> Option<&'static AtomicU64> {
    use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous};
    let length = std::num::NonZeroUsize::new(4096)?;
    // SAFETY: a new private mapping at an address of the kernel's choice touches no memory of ours.
    let page = unsafe {
        mmap_anonymous(
            None,
            length,
            ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
            MapFlags::MAP_PRIVATE,
        )
    }
    .ok()?;
    // SAFETY: `page` is the mapping made above, `length` bytes long, and nothing refers to it yet.
    unsafe { madvise(page, length.get(), MmapAdvise::MADV_WIPEONFORK) }.ok()?;
    // SAFETY: the mapping is page-aligned, zeroed (a valid AtomicU64), and never unmapped.
    Some(unsafe { page.cast::<AtomicU64>().as_ref() })
}

/// Elsewhere there is none; untested.
#[cfg(not(target_os = "linux"))]
const fn page() -> Option<&'static AtomicU64> {
    None
}

/// A value that each process makes for itself: a forked child gets a new one, and the parent's copy in the child's
/// memory is neither used nor dropped, since its locks may be held and its sockets are the parent's.
pub(crate) struct PerProcess<T> {
    slot: AtomicPtr<Slot<T>>,
    /// A pointer may go to any thread; what it points to only if it says so itself.
    owns: PhantomData<T>,
    make: Box<dyn Fn() -> T + Send + Sync>,
}

struct Slot<T> {
    generation: u64,
    value: T,
}

impl<T> PerProcess<T> {
    pub(crate) fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let slot = Slot {
            generation: generation(),
            value: make(),
        };
        Self {
            slot: AtomicPtr::new(Box::into_raw(Box::new(slot))),
            owns: PhantomData,
            make: Box::new(make),
        }
    }

    /// This process's value.
    pub(crate) fn get(&self) -> &T {
        let pointer = self.slot.load(Ordering::Acquire);
        // SAFETY: `slot` always holds a pointer from `Box::into_raw`, freed only in `drop`, which `&self` excludes.
        let slot = unsafe { &*pointer };
        if slot.generation == generation() {
            &slot.value
        } else {
            self.renew(pointer)
        }
    }

    #[cold]
    fn renew(&self, inherited: *mut Slot<T>) -> &T {
        let made = Box::into_raw(Box::new(Slot {
            generation: generation(),
            value: (self.make)(),
        }));
        match self
            .slot
            .compare_exchange(inherited, made, Ordering::AcqRel, Ordering::Acquire)
        {
            // SAFETY: `made` is valid and now owned by `self.slot`; `inherited` is leaked on purpose (see the type).
            Ok(_) => unsafe { &(*made).value },
            Err(theirs) => {
                // SAFETY: `made` came from `Box::into_raw` above and was never shared.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: another thread of this child stored `theirs` just now, from `Box::into_raw`.
                unsafe { &(*theirs).value }
            }
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let pointer = std::mem::replace(self.slot.get_mut(), ptr::null_mut());
        // SAFETY: `pointer` came from `Box::into_raw`, and `&mut self` means nobody else holds it.
        let slot = unsafe { Box::from_raw(pointer) };
        if slot.generation != generation() {
            // The value is the parent's: dropping it here could unlock, close or wait for what is not ours.
            let _leaked = Box::into_raw(slot);
        }
    }
}

impl<T> std::fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PerProcess").finish_non_exhaustive()
    }
}

/// Has every forked child close its copy of `fd` at once, until the guard is dropped.
///
/// For files with a lock: a child shares it until it closes its copy, so one that outlives its parent would keep what
/// the parent locked from being taken over. Drop the guard before the file is closed, or a child may close another file
/// that got the number since. The child must forget its copy of the file instead of dropping it, as [`PerProcess`]
/// does.
///
/// At most 64 files at a time; those beyond them stay open in children. So does every file when the child was made by
/// a raw `clone`, or the C library has no memory for the hook: only `fork` itself runs it. What was started by `exec`
/// or `posix_spawn` has no copy, as the standard library opens files to be closed there.
#[must_use = "children close the file only while this lives"]
pub(crate) fn close_in_children(fd: RawFd) -> CloseInChildren {
    // No `Once`: a child forked while another thread is in it would wait for that thread for ever. Two threads may set
    // the hook here; its second run finds nothing to close.
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if !HOOKED.load(Ordering::Acquire) {
        // SAFETY: the hook lives as long as the program, and does nothing but what may be done in a forked child.
        let refused = unsafe { libc::pthread_atfork(None, None, Some(close_registered)) };
        HOOKED.store(refused == 0, Ordering::Release);
    }
    CloseInChildren {
        generation: generation(),
        slot: REGISTERED.register(fd),
        fd,
    }
}

/// See [`close_in_children`].
#[derive(Debug)]
pub(crate) struct CloseInChildren {
    generation: u64,
    slot: Option<&'static AtomicI32>,
    fd: RawFd,
}

impl Drop for CloseInChildren {
    fn drop(&mut self) {
        // In a child the slot was emptied, and may be the child's own by now, even with the same number.
        if let Some(slot) = self.slot
            && self.generation == generation()
        {
            let _ = slot.compare_exchange(self.fd, FREE, Ordering::AcqRel, Ordering::Relaxed);
        }
    }
}

/// No file has this number.
const FREE: RawFd = -1;

/// The files that a child closes. A fixed place without a lock, since a child of a process with threads may neither
/// allocate nor wait.
struct Registered([AtomicI32; 64]);

static REGISTERED: Registered = Registered::new();

impl Registered {
    const fn new() -> Self {
        Self([const { AtomicI32::new(FREE) }; 64])
    }

    /// The slot that holds `fd` from now on; none if all are taken.
    fn register(&self, fd: RawFd) -> Option<&AtomicI32> {
        self.0.iter().find(|slot| {
            slot.compare_exchange(FREE, fd, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        })
    }
}

/// Runs in the child, in the thread that forked, before `fork` returns.
extern "C" fn close_registered() {
    for slot in &REGISTERED.0 {
        // Emptied, so that a grandchild does not close another file of that number.
        let fd = slot.swap(FREE, Ordering::AcqRel);
        if fd != FREE {
            // SAFETY: `close` may be called here, and nothing else in the child uses this copy (see
            // `close_in_children`).
            unsafe { libc::close(fd) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsRawFd;

    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, fork};

    use super::*;

    /// Whether a child has these files open, as a number with one bit for each.
    fn open_in_a_child(files: [RawFd; 2]) -> i32 {
        // SAFETY: the child calls only `fcntl` and `_exit`, both of which may be called beside other threads.
        match unsafe { fork() }.unwrap() {
            ForkResult::Parent { child } => match waitpid(child, None).unwrap() {
                WaitStatus::Exited(_, status) => status,
                status => panic!("{status:?}"),
            },
            ForkResult::Child => {
                // SAFETY: looks at a number, whether or not a file has it.
                let open = files.map(|fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } != -1);
                // SAFETY: ends the child without running anything of the parent's.
                unsafe { libc::_exit(i32::from(open[0]) | i32::from(open[1]) << 1) }
            }
        }
    }

    #[test]
    fn a_child_closes_what_is_registered_and_only_that() {
        let files = [0; 2].map(|_| File::open("/dev/null").unwrap());
        let numbers = [files[0].as_raw_fd(), files[1].as_raw_fd()];
        let guard = close_in_children(numbers[0]);
        assert_eq!(open_in_a_child(numbers), 0b10);
        drop(guard);
        assert_eq!(open_in_a_child(numbers), 0b11);
    }

    #[test]
    fn a_file_for_which_there_is_no_room_is_not_registered() {
        let registered = Registered::new();
        let slots: Vec<_> = (0..64).map_while(|fd| registered.register(fd)).collect();
        assert_eq!(slots.len(), 64);
        assert!(registered.register(64).is_none());
        slots[17].store(FREE, Ordering::Relaxed);
        assert!(registered.register(64).is_some());
    }

    #[test]
    fn what_a_child_inherited_does_not_forget_what_it_registers_itself() {
        let own = close_in_children(1_000_000);
        let inherited = CloseInChildren {
            generation: own.generation - 1,
            ..own
        };
        drop(inherited);
        assert_eq!(own.slot.unwrap().load(Ordering::Relaxed), 1_000_000);
    }
}
